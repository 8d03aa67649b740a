namespace Skep.Engine.Rules;

/// <summary>Calls of any of several functions of a file, as one program sees them.</summary>
/// <param name="Path">The file.</param>
/// <param name="Members">The functions.</param>
public sealed record UserFunctionSetHook(string Path, IReadOnlyList<HookTarget> Members) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"uprobes:{Path}:{Members.Count}";
}
