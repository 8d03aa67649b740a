namespace Skep.Engine.Records;

/// <summary>What is known of a captured value; <c>enum argument_flags</c> of <c>bpf/engine.h</c>.</summary>
[Flags]
public enum ArgumentFlags : ushort
{
    /// <summary>It was read in full.</summary>
    None = 0,

    /// <summary>There is more of it than was read.</summary>
    Cut = 1 << 0,

    /// <summary>It could not be read: a fault, or a null pointer where there must be none.</summary>
    Unread = 1 << 1,

    /// <summary>A path that could not be followed to the root.</summary>
    Unresolved = 1 << 2,

    /// <summary>A path without a name: deleted.</summary>
    Unlinked = 1 << 3,

    /// <summary>A null pointer.</summary>
    Null = 1 << 4,
}
