namespace Skep.Bpf;

/// <summary>What a program's section does not say but its attachment needs.</summary>
public sealed record AutoAttachOptions
{
    /// <summary>Interface for XDP, tcx and netkit programs; 0 when none is given.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>Control group for cgroup programs.</summary>
    public string? CgroupPath { get; init; }

    /// <summary>Map for sockmap programs, and for iterators over a map.</summary>
    public BpfMap? Map { get; init; }

    /// <summary>Process for uprobes and USDT; 0 for every process.</summary>
    public int ProcessId { get; init; }

    /// <summary>Hook for netfilter programs.</summary>
    public NetfilterOptions? Netfilter { get; init; }

    /// <summary>Event for perf event programs; null means 99 Hz of CPU clock.</summary>
    public PerfEventOptions? PerfEvent { get; init; }

    /// <summary>Argument table of USDT programs.</summary>
    public UsdtSpecTable? UsdtSpecs { get; init; }

    /// <summary>What <c>bpf_get_attach_cookie</c> returns, for kinds with cookies.</summary>
    public ulong Cookie { get; init; }
}
