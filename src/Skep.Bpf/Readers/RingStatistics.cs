namespace Skep.Bpf;

/// <summary>What a reader has seen so far.</summary>
/// <param name="Records">Records handed to the handler.</param>
/// <param name="Discarded">Records that their program reserved and then discarded.</param>
/// <param name="Lost">Records that found no room: counted by the kernel for perf buffers, by the program and the counter given for ring buffers.</param>
/// <param name="Corrupt">Times that the ring's content made no sense and was skipped.</param>
public readonly record struct RingStatistics(long Records, long Discarded, long Lost, long Corrupt);
