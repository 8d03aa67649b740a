namespace Skep.Bpf;

/// <summary>
/// Takes records in place. Implement it with a struct on hot paths: the reader's loop is then compiled for it and the call is inlined.
/// </summary>
public interface IRecordHandler
{
    /// <summary>Takes one record; false ends the present reading after it.</summary>
    /// <param name="record">The ring's own memory, valid during the call.</param>
    bool Handle(ReadOnlySpan<byte> record);
}
