using Skep.Engine.Containers;

namespace Skep.Engine.Processes;

/// <summary>
/// One process image: what runs between an execution (or fork) and the next execution or the exit. An execution makes a new one under the
/// same pid. Texts are the kernel's bytes: names of files need not be UTF-8.
/// </summary>
public sealed class ProcessInfo
{
    /// <summary>Its identity.</summary>
    public required ProcessId Id { get; init; }

    /// <summary>The process that forked it; null when that is not known. Kept alive by its children within the tree's limits.</summary>
    public ProcessInfo? Parent { get; init; }

    /// <summary>Identity of the parent, also when the parent itself is not known; default when there is none.</summary>
    public ProcessId ParentId { get; init; }

    /// <summary>How it came to be.</summary>
    public ProcessFlags Flags { get; init; }

    /// <summary>Path of the executable as the kernel resolved it.</summary>
    public required ReadOnlyMemory<byte> Executable { get; init; }

    /// <summary>The arguments, each ended by a NUL, the first one (the program's own name) included.</summary>
    public ReadOnlyMemory<byte> Arguments { get; init; }

    /// <summary>The environment, each variable ended by a NUL; empty unless it was asked for.</summary>
    public ReadOnlyMemory<byte> Environment { get; init; }

    /// <summary>Working directory at the execution.</summary>
    public ReadOnlyMemory<byte> WorkingDirectory { get; init; }

    /// <summary>Credentials after the execution.</summary>
    public Credentials Credentials { get; init; }

    /// <summary>Namespaces after the execution.</summary>
    public NamespaceSet Namespaces { get; init; }

    /// <summary>Login uid of the audit system; 4294967295 when there is none.</summary>
    public uint AuditUid { get; init; } = uint.MaxValue;

    /// <summary>Pid in its own pid namespace.</summary>
    public uint PidInNamespace { get; init; }

    /// <summary>Inode of the executable.</summary>
    public ulong Inode { get; init; }

    /// <summary>Hard links of the executable; 0 after it was deleted.</summary>
    public uint Links { get; init; }

    /// <summary>Id of the control group in the v2 hierarchy.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>The container that it runs in; null for the host's processes.</summary>
    public ContainerInfo? Container { get; init; }

    /// <summary>When it ended, nanoseconds since boot; 0 while it runs.</summary>
    public ulong EndTime { get; internal set; }

    /// <summary>Number of processes and threads of control that hold it in the tree, itself included.</summary>
    public int References { get; internal set; } = 1;

    /// <summary>A place for a dialect to keep what it printed of this process; see <see cref="ProcessInfo.Version"/>.</summary>
    public object? Printed { get; set; }

    /// <summary>Changes when something that is printed changes, such as <see cref="Container"/> metadata that came late.</summary>
    public int Version { get; internal set; }
}
