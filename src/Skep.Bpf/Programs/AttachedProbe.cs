using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The program behind a perf event or raw tracepoint descriptor of a process (<c>BPF_TASK_FD_QUERY</c>), for attachments that are not links.</summary>
public sealed record AttachedProbe
{
    const int MaxName = 4096;

    AttachedProbe(in TaskFdQueryAttr attr, string name)
    {
        ProgramId = attr.ProgramId;
        Kind = (AttachedProbeKind)attr.FdType;
        Name = name;
        Offset = attr.ProbeOffset;
        Address = attr.ProbeAddress;
    }

    /// <summary>Id of the attached program.</summary>
    public uint ProgramId { get; }

    /// <summary>Where it is attached.</summary>
    public AttachedProbeKind Kind { get; }

    /// <summary>The tracepoint, kernel function or file.</summary>
    public string Name { get; }

    /// <summary>Offset in the function or file.</summary>
    public ulong Offset { get; }

    /// <summary>Address of a kprobe, when visible.</summary>
    public ulong Address { get; }

    /// <summary>Asks about one descriptor of one process; null when nothing is attached to it. Requires at least Linux 4.18 and CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfSyscallException">There is no such process or descriptor, or the user may not ask.</exception>
    public static AttachedProbe? Query(int processId, int descriptor)
    {
        var name = new byte[MaxName];
        var attr = new TaskFdQueryAttr { Pid = processId, Fd = descriptor };
        var result = ProgramCommands.TaskFdQuery(ref attr, name);
        return result switch
        {
            >= 0 or -Errno.ENOSPC => new AttachedProbe(attr, ProgramCommands.Text(name)),
            -Errno.ENOTSUPP or -Errno.ENOENT or -Errno.EOPNOTSUPP => null,
            _ => throw new BpfSyscallException($"query descriptor {descriptor} of process {processId}", -result),
        };
    }
}
