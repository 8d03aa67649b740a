namespace Skep.Bpf;

/// <summary>Takes one record in place.</summary>
/// <param name="record">The ring's own memory, valid during the call.</param>
public delegate void RecordHandler(ReadOnlySpan<byte> record);
