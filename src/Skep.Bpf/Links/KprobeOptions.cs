namespace Skep.Bpf;

/// <summary>How a kernel function is probed.</summary>
public sealed record KprobeOptions
{
    /// <summary>Bytes from the function's start; must be 0 with <see cref="IsReturn"/>.</summary>
    public ulong Offset { get; init; }

    /// <summary>Run when the function returns instead of when it is entered.</summary>
    public bool IsReturn { get; init; }

    /// <summary>What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 5.15 when not 0.</summary>
    public ulong Cookie { get; init; }

    /// <summary>How the probe is created.</summary>
    public ProbeMechanism Mechanism { get; init; }
}
