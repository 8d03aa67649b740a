namespace Skep.Bpf;

/// <summary>Takes what the perf rings of all CPUs hold. Implement it with a struct on hot paths.</summary>
public interface IPerfRecordHandler
{
    /// <summary>Takes one record.</summary>
    /// <param name="cpu">The CPU on which the program ran.</param>
    /// <param name="record">What <c>bpf_perf_event_output</c> was given, valid during the call; the kernel pads it with up to 7 bytes so that length + 4 is a multiple of 8.</param>
    void Handle(int cpu, ReadOnlySpan<byte> record);

    /// <summary>Hears that records of a CPU found no room; also counted in <see cref="PerfBufferReader.Statistics"/>.</summary>
    void Lost(int cpu, ulong count)
    {
    }
}
