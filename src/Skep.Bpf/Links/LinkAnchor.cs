using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A position among the programs of one hook (include/uapi/linux/bpf.h: <c>BPF_F_BEFORE</c>, <c>BPF_F_AFTER</c>). Requires at least
/// Linux 6.6 for tcx, 6.7 for netkit, 6.17 for control groups.
/// </summary>
public sealed class LinkAnchor
{
    const uint BeforeFlag = 1 << 3, AfterFlag = 1 << 4, IdFlag = 1 << 5, LinkFlag = 1 << 13;

    readonly FileDescriptor? _fd;
    readonly uint _id;

    LinkAnchor(uint flags, FileDescriptor? fd = null, uint id = 0)
    {
        Flags = flags;
        _fd = fd;
        _id = id;
    }

    /// <summary>Before all others.</summary>
    public static LinkAnchor First { get; } = new(BeforeFlag);

    /// <summary>After all others.</summary>
    public static LinkAnchor Last { get; } = new(AfterFlag);

    internal uint Flags { get; }

    internal uint FdOrId => _fd is null ? _id : (uint)_fd.Value;

    /// <summary>Just before another link.</summary>
    public static LinkAnchor Before(BpfLink link) => new(BeforeFlag | LinkFlag, Fd(link));

    /// <summary>Just after another link.</summary>
    public static LinkAnchor After(BpfLink link) => new(AfterFlag | LinkFlag, Fd(link));

    /// <summary>Just before another program.</summary>
    public static LinkAnchor Before(BpfProgram program) => new(BeforeFlag, Fd(program));

    /// <summary>Just after another program.</summary>
    public static LinkAnchor After(BpfProgram program) => new(AfterFlag, Fd(program));

    /// <summary>Just before the program with an id.</summary>
    public static LinkAnchor BeforeProgram(uint id) => new(BeforeFlag | IdFlag, id: id);

    /// <summary>Just after the program with an id.</summary>
    public static LinkAnchor AfterProgram(uint id) => new(AfterFlag | IdFlag, id: id);

    /// <summary>Just before the link with an id.</summary>
    public static LinkAnchor BeforeLink(uint id) => new(BeforeFlag | IdFlag | LinkFlag, id: id);

    /// <summary>Just after the link with an id.</summary>
    public static LinkAnchor AfterLink(uint id) => new(AfterFlag | IdFlag | LinkFlag, id: id);

    static FileDescriptor Fd(BpfLink link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link.Fd ?? throw new ArgumentException("the anchor is not a kernel link", nameof(link));
    }

    static FileDescriptor Fd(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Fd;
    }
}
