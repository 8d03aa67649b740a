using Skep.Engine.Rules;

namespace Skep.Engine.Recording;

/// <summary>The hook of a recorded event, by the name that it had: <c>syscall:openat</c>.</summary>
/// <param name="Name">Its name.</param>
public sealed record RecordedHook(string Name) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}
