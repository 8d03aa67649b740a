namespace Skep.Engine.Hooks;

/// <summary>The answer of <see cref="HookResolver"/>: the programs to attach, or why there are none.</summary>
/// <param name="Hooks">One, or an entry and a return.</param>
/// <param name="Failure">Why it cannot be attached, naming the missing feature and the nearest hook that would work; null when it can.</param>
public sealed record HookResolution(IReadOnlyList<ResolvedHook> Hooks, string? Failure)
{
    /// <summary>A resolution without hooks.</summary>
    public static HookResolution Impossible(string why) => new([], why);

    /// <summary>Whether the kernel simply has no such function or tracepoint.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Whether what it is about cannot happen here, so that nothing is missed without it.</summary>
    public bool NeverHappens { get; init; }
}
