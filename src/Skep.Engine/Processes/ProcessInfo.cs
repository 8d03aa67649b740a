using Skep.Engine.Containers;

namespace Skep.Engine.Processes;

/// <summary>
/// One process image: what runs between an execution (or fork) and the next execution or the exit. An execution makes a new one under the
/// same pid. Texts are the kernel's bytes: names of files need not be UTF-8.
/// </summary>
public sealed partial class ProcessInfo
{
    readonly ReadOnlyMemory<byte> _executable, _workingDirectory;
    ReadOnlyMemory<byte> _arguments, _environment;
    ProcessInfo? _parent;
    ProcessId _parentId;
    ProcessFlags _flags;
    string? _unknownBecause;
    object? _printed;
    int _version;

    /// <summary>Its identity.</summary>
    public required ProcessId Id { get; init; }

    /// <summary>The process that forked it; null when that is not known. Kept alive by its children within the tree's limits.</summary>
    public ProcessInfo? Parent { get => _parent; init => _parent = value; }

    /// <summary>Its parent, the parent of that one, and so on.</summary>
    public ProcessAncestors Ancestors => new(this);

    /// <summary>Identity of the parent, also when the parent itself is not known; default when there is none.</summary>
    public ProcessId ParentId { get => _parentId; init => _parentId = value; }

    /// <summary>How it came to be.</summary>
    public ProcessFlags Flags { get => _flags; init => _flags = value; }

    /// <summary>Path of the executable as the kernel resolved it. Kernel threads have none: their name in brackets stands for it.</summary>
    public required ReadOnlyMemory<byte> Executable { get => _executable; init => _executable = value; }

    /// <summary>The arguments, each ended by a NUL, the first one (the program's own name) included.</summary>
    public ReadOnlyMemory<byte> Arguments { get => _arguments; init => _arguments = value; }

    /// <summary>Bytes of arguments that the kernel has; more than <see cref="Arguments"/> when they were cut or are still to come.</summary>
    public uint ArgumentsTotal { get; init; }

    /// <summary>The environment, each variable ended by a NUL; empty unless it was asked for.</summary>
    public ReadOnlyMemory<byte> Environment { get => _environment; init => _environment = value; }

    /// <summary>Bytes of environment that the kernel has; more than <see cref="Environment"/> when it was cut or is still to come.</summary>
    public uint EnvironmentTotal { get; init; }

    /// <summary>Working directory at the execution.</summary>
    public ReadOnlyMemory<byte> WorkingDirectory { get => _workingDirectory; init => _workingDirectory = value; }

    /// <summary>File name as given to execve; empty when the start is not known by a record.</summary>
    public ReadOnlyMemory<byte> Filename { get; init; }

    /// <summary>The kernel's short name after the execution; empty when the start is not known by a record.</summary>
    public ReadOnlyMemory<byte> Comm { get; init; }

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

    /// <summary>When the executable's inode was changed, nanoseconds since 1970; 0 when that is not known.</summary>
    public ulong ExecutableChanged { get; init; }

    /// <summary>When the executable's content was changed, nanoseconds since 1970; 0 when that is not known.</summary>
    public ulong ExecutableModified { get; init; }

    /// <summary>Terminal, process group and session after the execution.</summary>
    public ProcessSession Session { get; init; }

    /// <summary>Id of the control group in the v2 hierarchy.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>The container that it runs in; null for the host's processes.</summary>
    public ContainerInfo? Container { get; init; }

    /// <summary>When it ended, by an exit or by the next execution, nanoseconds since boot; 0 while it runs.</summary>
    public ulong EndTime { get; internal set; }

    /// <summary>What is missing here and why, such as a start that was lost or arguments dropped to save memory; null when nothing is.</summary>
    public string? UnknownBecause { get => _unknownBecause; init => _unknownBecause = value; }

    /// <summary>Number of processes that hold it in the tree: itself while it runs, and its running children.</summary>
    public int References { get; internal set; } = 1;

    /// <summary>A place for a dialect to keep what it printed of this process; see <see cref="Version"/>. Counts towards the tree's memory
    /// and may be dropped by it.</summary>
    public object? Printed
    {
        get => _printed;
        set
        {
            _printed = value;
            Tree?.OnPrinted(this);
        }
    }

    /// <summary>Changes when something that is printed changes, such as <see cref="Container"/> metadata that came late.</summary>
    public int Version { get => _version + (Container?.Version ?? 0); internal set => _version = value - (Container?.Version ?? 0); }
}
