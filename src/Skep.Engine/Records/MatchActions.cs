namespace Skep.Engine.Records;

/// <summary>What the kernel did for a match; <c>enum action</c> of <c>bpf/engine.h</c>.</summary>
[Flags]
public enum MatchActions : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>An event was sent.</summary>
    Post = 1 << 0,

    /// <summary>A signal was sent.</summary>
    Signal = 1 << 1,

    /// <summary>The caller got an error.</summary>
    Override = 1 << 2,

    /// <summary>Would have been done, but the policy only monitors.</summary>
    Monitored = 1 << 3,

    /// <summary>The kernel's stack was taken.</summary>
    KernelStack = 1 << 4,

    /// <summary>The process's stack was taken.</summary>
    UserStack = 1 << 5,

    /// <summary>An argument in the process's memory was changed.</summary>
    Write = 1 << 6,
}
