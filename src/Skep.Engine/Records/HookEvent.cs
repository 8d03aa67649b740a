using Skep.Engine.Processes;
using Skep.Engine.Rules;

namespace Skep.Engine.Records;

/// <summary>A hook's record with what user space knows about it: one for each policy that asked. It lives as long as the ring buffer's bytes.</summary>
public readonly ref struct HookEvent
{
    /// <summary>What the kernel saw.</summary>
    public required HookRecord Record { get; init; }

    /// <summary>The hook of the policy that wanted the event.</summary>
    public required HookRequest Request { get; init; }

    /// <summary>Name of that policy.</summary>
    public string PolicyName { get; init; }

    /// <summary>Who ran into the hook; null when that is not known.</summary>
    public ProcessInfo? Process { get; init; }

    /// <summary>Why the process is not known; null when it is.</summary>
    public string? UnknownBecause { get; init; }

    /// <summary>What was done.</summary>
    public MatchActions Actions { get; init; }

    /// <summary>Which of <see cref="HookRequest.Rules"/> matched; -1 when the hook has none.</summary>
    public int Rule { get; init; }

    /// <summary>For each of <see cref="HookRequest.Values"/> its place in the record's table; empty when the places are the same.</summary>
    public ReadOnlySpan<byte> Places { get; init; }

    /// <summary>Addresses of the kernel's stack, innermost first.</summary>
    public ReadOnlySpan<ulong> KernelStack { get; init; }

    /// <summary>Addresses of the process's stack, innermost first.</summary>
    public ReadOnlySpan<ulong> UserStack { get; init; }

    /// <summary>The digest of the file that the hook is about; empty where none was wanted or could be had.</summary>
    public ReadOnlySpan<byte> FileDigest { get; init; }

    /// <summary>The algorithm of <see cref="FileDigest"/>.</summary>
    public string? DigestAlgorithm { get; init; }

    /// <summary>Names for the stacks' addresses.</summary>
    public IStackSymbols? Symbols { get; init; }

    /// <summary>Place in the record's table of one of <see cref="HookRequest.Values"/>; -1 when it has none.</summary>
    public int PlaceOf(int value) => Places.IsEmpty ? value : (uint)value < (uint)Places.Length && Places[value] < HookRecord.MaxArguments ? Places[value] : -1;
}
