namespace Skep.Bpf;

/// <summary>Takes one record of a perf ring.</summary>
/// <param name="cpu">The CPU on which the program ran.</param>
/// <param name="record">What <c>bpf_perf_event_output</c> was given, valid during the call; the kernel pads it with up to 7 bytes.</param>
public delegate void PerfRecordHandler(int cpu, ReadOnlySpan<byte> record);
