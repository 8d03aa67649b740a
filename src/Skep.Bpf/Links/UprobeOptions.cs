namespace Skep.Bpf;

/// <summary>How a function of a file is probed.</summary>
public sealed record UprobeOptions
{
    /// <summary>Bytes from the function's start, or without a function from the file's start. A value other than 0 turns placement off.</summary>
    public ulong Offset { get; init; }

    /// <summary>Run when the function returns instead of when it is entered.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Probe only this process, and take the path as it sees it; 0 for every process.</summary>
    public int ProcessId { get; init; }

    /// <summary>File offset of a counter that is raised while the probe is in place (a USDT semaphore), or 0. Requires at least Linux 4.20.</summary>
    public ulong ReferenceCounterOffset { get; init; }

    /// <summary>What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 5.15 when not 0.</summary>
    public ulong Cookie { get; init; }

    /// <summary>Where inside the function's first instructions the probe may go; see <see cref="UprobePlacement"/>.</summary>
    public UprobePlacementMode Placement { get; init; } = UprobePlacementMode.CheapestWithRegisterArguments;

    /// <summary>How the probe is created.</summary>
    public ProbeMechanism Mechanism { get; init; }
}
