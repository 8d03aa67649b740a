namespace Skep.Bpf;

/// <summary>Which places of one file a link probes: exactly one of <see cref="Pattern"/>, <see cref="Symbols"/> and <see cref="Offsets"/>.</summary>
public sealed record UprobeMultiOptions
{
    /// <summary>Functions whose names match; <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    public string? Pattern { get; init; }

    /// <summary>Names of functions.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>Offsets in the file.</summary>
    public IReadOnlyList<ulong> Offsets { get; init; } = [];

    /// <summary>File offset of each probe's semaphore, or none at all.</summary>
    public IReadOnlyList<ulong> ReferenceCounterOffsets { get; init; } = [];

    /// <summary>One cookie per symbol or offset, or none.</summary>
    public IReadOnlyList<ulong> Cookies { get; init; } = [];

    /// <summary>Run when the functions return instead of when they are entered; not for sessions, which do both.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Probe only this process, and take the path as it sees it; 0 for every process.</summary>
    public int ProcessId { get; init; }

    /// <summary>Where inside each function's first instructions its probe may go.</summary>
    public UprobePlacementMode Placement { get; init; } = UprobePlacementMode.CheapestWithRegisterArguments;
}
