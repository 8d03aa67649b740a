namespace Skep.Bpf;

/// <summary>Which kernel functions one link probes: exactly one of <see cref="Pattern"/>, <see cref="Symbols"/> and <see cref="Addresses"/>.</summary>
public sealed record KprobeMultiOptions
{
    /// <summary>Functions whose names match; <c>*</c> stands for any text, <c>?</c> for one character.</summary>
    public string? Pattern { get; init; }

    /// <summary>Names of functions.</summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>Addresses of functions, as <c>/proc/kallsyms</c> shows them.</summary>
    public IReadOnlyList<ulong> Addresses { get; init; } = [];

    /// <summary>One cookie per symbol or address, or none.</summary>
    public IReadOnlyList<ulong> Cookies { get; init; } = [];

    /// <summary>Run when the functions return instead of when they are entered; not for sessions, which do both.</summary>
    public bool IsReturn { get; init; }
}
