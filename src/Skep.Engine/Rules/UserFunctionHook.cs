namespace Skep.Engine.Rules;

/// <summary>Calls of a function of a program or library, in every process that maps the file.</summary>
/// <param name="Path">The file; the probe stays with what the path leads to when the policy is loaded.</param>
public sealed record UserFunctionHook(string Path) : HookTarget
{
    /// <summary>The function; empty where a place is given.</summary>
    public string Symbol { get; init; } = "";

    /// <summary>The place as an offset in the file.</summary>
    public ulong? Offset { get; init; }

    /// <summary>The place as the virtual address that the file's headers give it.</summary>
    public ulong? Address { get; init; }

    /// <summary>Offset in the file of a counter that is raised while the probe is there; 0 for none.</summary>
    public ulong Counter { get; init; }

    /// <summary>What the file must be: digests as <c>sha256:HEX</c>, any of which is enough; empty when it may be anything.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>Whether it is attached by itself, also where one link could serve many.</summary>
    public bool IsSingle { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"uprobe:{Path}:{(Symbol.Length > 0 ? Symbol : Offset is { } offset ? $"0x{offset:x}" : $"@0x{Address:x}")}";
}
