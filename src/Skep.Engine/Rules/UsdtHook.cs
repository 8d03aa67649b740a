namespace Skep.Engine.Rules;

/// <summary>A probe that a program's authors put into it, at all of its sites.</summary>
/// <param name="Path">The file; the probe stays with what the path leads to when the policy is loaded.</param>
/// <param name="Provider">The probe's provider.</param>
/// <param name="Name">The probe's name.</param>
public sealed record UsdtHook(string Path, string Provider, string Name) : HookTarget
{
    /// <summary>Whether each site is attached by itself, also where one link could serve many.</summary>
    public bool IsSingle { get; init; }

    /// <summary>Arguments that are to be changed, by number: they must be four bytes in memory.</summary>
    public IReadOnlyList<int> Changed { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"usdt:{Path}:{Provider}:{Name}";
}
