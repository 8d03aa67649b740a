namespace Skep.Engine.Processes;

/// <summary>What is known of how a process came to be; the bits of <c>enum process_flags</c> in <c>bpf/engine.h</c>.</summary>
[Flags]
public enum ProcessFlags : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Older than the agent: read from /proc, its start is that of the process, rounded down to 10 ms.</summary>
    Seeded = 1 << 0,

    /// <summary>Forked, and has not executed a program since.</summary>
    Forked = 1 << 1,

    /// <summary>Descends from the first process of its container's pid namespace.</summary>
    InInitTree = 1 << 2,

    /// <summary>There is no working directory.</summary>
    NoWorkingDirectory = 1 << 3,

    /// <summary>The working directory is the root.</summary>
    RootWorkingDirectory = 1 << 4,

    /// <summary>The working directory could not be read to its end.</summary>
    WorkingDirectoryUnread = 1 << 5,

    /// <summary>There are more arguments than were read.</summary>
    ArgumentsCut = 1 << 6,

    /// <summary>The arguments could not be read.</summary>
    ArgumentsUnread = 1 << 7,

    /// <summary>There is more environment than was read.</summary>
    EnvironmentCut = 1 << 8,

    /// <summary>The environment could not be read.</summary>
    EnvironmentUnread = 1 << 9,

    /// <summary>The executable's setuid bit took effect.</summary>
    Setuid = 1 << 10,

    /// <summary>The executable's setgid bit took effect.</summary>
    Setgid = 1 << 11,

    /// <summary>The executable's file capabilities took effect.</summary>
    FileCapabilities = 1 << 12,

    /// <summary>The executable has been deleted.</summary>
    Unlinked = 1 << 13,

    /// <summary>The executable lives in anonymous memory (memfd).</summary>
    AnonymousExecutable = 1 << 14,

    /// <summary>The executable's path could not be read to its end.</summary>
    ExecutableUnread = 1 << 15,

    /// <summary>The file name given to execve is longer than what was read.</summary>
    FilenameCut = 1 << 16,

    /// <summary>Another thread than the first one executed.</summary>
    ExecutedByThread = 1 << 17,

    /// <summary>Of records alone: not an event, but told so that the process is known.</summary>
    Late = 1 << 18,

    /// <summary>The executable lies in the upper layer of an overlay: it did not come with the container's image.</summary>
    UpperLayer = 1 << 19,
}
