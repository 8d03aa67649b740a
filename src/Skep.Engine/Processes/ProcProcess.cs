using Skep.Engine.Containers;

namespace Skep.Engine.Processes;

/// <summary>What /proc tells of one process.</summary>
public sealed class ProcProcess
{
    /// <summary>Its pid in the namespace that /proc was mounted for.</summary>
    public required uint Pid { get; init; }

    /// <summary>When it was created, nanoseconds since boot, rounded down to 10 ms: /proc counts in hundredths of a second.</summary>
    public required ulong Start { get; init; }

    /// <summary>Pid of its parent by now; 0 for none.</summary>
    public uint ParentPid { get; init; }

    /// <summary>Executable with working directory, in one text.</summary>
    internal SharedText? Names { get; init; }

    internal int ExecutableLength { get; init; }

    internal SharedText? Arguments { get; init; }

    internal byte[] Cgroup { get; init; } = [];

    internal ulong CgroupId { get; init; }

    /// <summary>Seeded, and what is peculiar of executable, working directory and arguments.</summary>
    public ProcessFlags Flags { get; init; }

    /// <summary>Credentials; without securebits and the user namespace's level and owner, which /proc does not tell.</summary>
    public Credentials Credentials { get; init; }

    /// <summary>Namespaces.</summary>
    public NamespaceSet Namespaces { get; init; }

    /// <summary>Login uid of the audit system.</summary>
    public uint AuditUid { get; init; }

    /// <summary>Pid in its own pid namespace.</summary>
    public uint PidInNamespace { get; init; }

    /// <summary>Inode of the executable.</summary>
    public ulong Inode { get; init; }

    /// <summary>Hard links of the executable.</summary>
    public uint Links { get; init; }

    /// <summary>Terminal, process group and session.</summary>
    public ProcessSession Session { get; init; }

    /// <summary>When the executable's inode was changed, nanoseconds since 1970.</summary>
    public ulong ExecutableChanged { get; init; }

    /// <summary>Path of the executable, or a kernel thread's name in brackets.</summary>
    public ReadOnlyMemory<byte> Executable => Names?.Bytes.AsMemory(0, ExecutableLength) ?? default;

    /// <summary>Whether an image of this pid that started at <paramref name="start"/> was this process: it was there by then, and a pid is not
    /// given to another one before that.</summary>
    public bool IsSameProcess(ulong start) => Start <= start;

    /// <summary>Makes the process for a tree. Its parent is the tree's to find.</summary>
    internal ProcessInfo ToProcessInfo(ProcessId id, ProcessFlags flags, ContainerCatalogue? containers, string? unknownBecause, ProcessId parent = default)
    {
        var process = new ProcessInfo
        {
            Id = id,
            ParentId = parent,
            Flags = flags | (Flags & ~ProcessFlags.Seeded),
            Executable = Executable,
            WorkingDirectory = Names?.Bytes.AsMemory(ExecutableLength) ?? default,
            NamesText = Names,
            ArgumentsTotal = (uint)(Arguments?.Bytes.Length ?? 0),
            Credentials = Credentials,
            Namespaces = Namespaces,
            AuditUid = AuditUid,
            PidInNamespace = PidInNamespace,
            Inode = Inode,
            Links = Links,
            ExecutableChanged = ExecutableChanged,
            Session = Session,
            CgroupId = CgroupId,
            Container = containers?.FindByProcess(Cgroup, CgroupId),
            UnknownBecause = unknownBecause,
        };
        process.ReplaceArguments(Arguments);
        return process;
    }
}
