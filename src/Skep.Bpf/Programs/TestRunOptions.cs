namespace Skep.Bpf;

/// <summary>What a program is run on by <see cref="BpfProgram.TestRun(TestRunOptions)"/>. The kernel refuses (EINVAL) whatever the program's type does not take.</summary>
public sealed class TestRunOptions
{
    /// <summary>The packet, for types that look at one; at least 14 bytes (an Ethernet header).</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>
    /// The context: <c>struct __sk_buff</c>, <c>xdp_md</c>, <c>bpf_sk_lookup</c> …, the arguments as 64-bit words for a raw tracepoint,
    /// or whatever a syscall program expects. Requires at least Linux 5.2.
    /// </summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>Room in bytes for the packet afterwards; null means the packet and 256 bytes more where the type returns one, else none.</summary>
    public int? DataCapacity { get; init; }

    /// <summary>Room in bytes for the context afterwards; null means that of <see cref="Context"/> where the type returns one, else none.</summary>
    public int? ContextCapacity { get; init; }

    /// <summary>Number of runs; 0 means one. Only types that look at packets take more.</summary>
    public uint Repeat { get; init; }

    /// <summary>Flags.</summary>
    public TestRunFlags Flags { get; init; }

    /// <summary>The CPU to run on, with <see cref="TestRunFlags.RunOnCpu"/>.</summary>
    public uint Cpu { get; init; }

    /// <summary>Frames per batch, with <see cref="TestRunFlags.XdpLiveFrames"/>; 0 lets the kernel choose (64). Requires at least Linux 5.18.</summary>
    public uint BatchSize { get; init; }
}
