using System.Diagnostics.CodeAnalysis;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public abstract partial class BpfLink
{
    /// <summary>The kernel's id of the link. Requires at least Linux 5.8 and a kernel link.</summary>
    public uint Id => GetInfo().Id;

    /// <summary>What the kernel says about the link, typed by its kind. Requires at least Linux 5.8 and a kernel link.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused to tell.</exception>
    public LinkInfo GetInfo() => LinkInfo.Read(RequireFd("query"));

    /// <summary>Runs of kprobes that the kernel left out before it came to the program, by one system call. Reported since Linux 6.7; 0 for other links.</summary>
    internal long ReadMissed()
    {
        if (Fd is null) return 0;
        var data = default(LinkInfoData);
        var result = LinkSyscalls.GetInfo(Fd.Value, ref data);
        if (result < 0) throw new BpfSyscallException("query link", -result);
        return (LinkType)data.Type switch
        {
            LinkType.KprobeMulti => (long)data.KprobeMultiMissed,
            LinkType.PerfEvent when (PerfEventKind)data.PerfEventKind is PerfEventKind.Kprobe or PerfEventKind.Kretprobe => (long)data.KprobeMissed,
            _ => 0,
        };
    }

    /// <summary>
    /// Replaces the program atomically: no event is lost between the old and the new one. Requires at least Linux 5.7 and a kind that
    /// can: cgroup, netns, XDP, tcx, netkit, sockmap (6.10), iterator; not perf events, kprobes, uprobes or tracing.
    /// </summary>
    /// <param name="program">The new program, of the same type.</param>
    /// <param name="expectedOld">Fail with EPERM or EBUSY unless this is the program attached now.</param>
    public virtual void Update(BpfProgram program, BpfProgram? expectedOld = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        var result = LinkSyscalls.Update(RequireFd("update").Value, program.Fd.Value, expectedOld?.Fd.Value);
        if (result < 0)
        {
            throw new BpfSyscallException($"update link to program '{program.Name}'", -result, AttachFailure.WhyNoUpdate(this, -result));
        }
    }

    /// <summary>
    /// Takes the program off although other descriptors or pins may hold the link, which stays defunct. Requires at least Linux 5.9 and a
    /// kind that can: cgroup, netns, XDP, tcx, netkit, struct_ops. Attachments without a kernel link are undone.
    /// </summary>
    public virtual void Detach()
    {
        if (Fd is null)
        {
            Dispose();
            return;
        }
        var result = LinkSyscalls.Detach(Fd.Value);
        if (result < 0) throw new BpfSyscallException("detach link", -result, AttachFailure.WhyNoDetach(-result));
    }

    /// <summary>Makes the attachment outlive this process as a file in a BPF file system. Requires at least Linux 5.7 and a kernel link.</summary>
    /// <param name="path">A path that does not exist yet.</param>
    public void Pin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PinnedObject.Pin(RequireFd("pin"), path, $"pin link at {path}");
    }

    /// <summary>Opens a pinned link. Requires at least Linux 5.7.</summary>
    /// <returns>An <see cref="IteratorLink"/> for an iterator, otherwise an <see cref="OpenedLink"/>.</returns>
    public static BpfLink FromPin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Wrap(PinnedObject.Open(path, 0, $"open link pinned at {path}"));
    }

    /// <summary>Opens a link by its id. Requires at least Linux 5.8 and CAP_SYS_ADMIN.</summary>
    /// <returns>An <see cref="IteratorLink"/> for an iterator, otherwise an <see cref="OpenedLink"/>.</returns>
    /// <exception cref="BpfException">No link has the id, or it may not be opened.</exception>
    public static BpfLink FromId(uint id) => TryFromId(id, out var link) ? link : throw new BpfException($"no link has id {id}");

    /// <summary>
    /// Opens a link by its id, false when it is gone, or not there yet: the kernel gives an id away before the link stands, and lists it
    /// (bpf_link_by_id in kernel/bpf/syscall.c). Requires at least Linux 5.8 and CAP_SYS_ADMIN.
    /// </summary>
    /// <exception cref="BpfSyscallException">The kernel refused to open it for another reason.</exception>
    public static bool TryFromId(uint id, [NotNullWhen(true)] out BpfLink? link)
    {
        var fd = LinkSyscalls.OpenById(id);
        link = fd >= 0 ? Wrap(new FileDescriptor(fd)) : null;
        return link is not null || fd is -Errno.ENOENT or -Errno.EAGAIN ? link is not null : throw new BpfSyscallException($"open link {id}", -fd);
    }

    static BpfLink Wrap(FileDescriptor fd)
    {
        var info = default(LinkInfoData);
        var result = LinkSyscalls.GetInfo(fd.Value, ref info);
        if (result >= 0) return (LinkType)info.Type == LinkType.Iter ? new IteratorLink(fd) : new OpenedLink(fd);
        fd.Dispose();
        throw new BpfSyscallException("query link", -result, "the descriptor is not a BPF link");
    }

    FileDescriptor RequireFd(string verb) =>
        Fd ?? throw new InvalidOperationException($"cannot {verb} this attachment: the kernel does not represent it as a link");
}
