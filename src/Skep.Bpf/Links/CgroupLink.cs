using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A program on a hook of a control group (version 2): traffic, sockets, addresses, options, sysctls, devices, LSM. Requires at least
/// Linux 4.10; a kernel link since 5.7.
/// </summary>
public sealed class CgroupLink : BpfLink
{
    const uint PreOrderFlag = 1 << 6;
    static readonly KernelSupport s_links = new("a control group link", new(5, 7), "CgroupOptions.UseProgramAttach");
    static readonly KernelSupport s_order = new("ordering the programs of a control group", new(6, 17), "attach in the wanted order");

    CgroupLink(FileDescriptor? fd, Action? undo = null) : base(fd, undo) { }

    /// <summary>Attaches to a control group and thereby to its descendants.</summary>
    /// <param name="program">A program of a cgroup type, <see cref="ProgramType.SockOps"/> or <see cref="ProgramType.Lsm"/> (lsm_cgroup).</param>
    /// <param name="cgroupPath">Directory in a cgroup2 file system.</param>
    /// <param name="options">Hook, position, mechanism.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static CgroupLink Attach(BpfProgram program, string cgroupPath, CgroupOptions? options = null)
    {
        AttachFailure.RequireType(
            program, "a control group", ProgramType.CgroupSkb, ProgramType.CgroupSock, ProgramType.CgroupSockAddr, ProgramType.CgroupSockopt,
            ProgramType.CgroupSysctl, ProgramType.CgroupDevice, ProgramType.SockOps, ProgramType.Lsm);
        ArgumentException.ThrowIfNullOrEmpty(cgroupPath);
        options ??= new CgroupOptions();
        var type = options.AttachType ?? DefaultType(program);
        var target = $"{type} of control group {cgroupPath}";
        using var cgroup = Libc.OwnedFd(Libc.Open(cgroupPath, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), $"open control group {cgroupPath}");
        if (options.UseProgramAttach) return AttachProgram(program, cgroup, type, options, target);
        var attr = new LinkCreateAttr
        {
            ProgramFd = program.Fd.Value,
            TargetFd = cgroup.Value,
            AttachType = (uint)type,
            Flags = (options.Anchor?.Flags ?? 0) | (options.BeforeAncestors ? PreOrderFlag : 0),
        };
        attr.Ordered.RelativeFdOrId = options.Anchor?.FdOrId ?? 0;
        var result = LinkSyscalls.Create(ref attr);
        if (result >= 0) return new CgroupLink(new FileDescriptor(result));
        if (result == -Errno.EINVAL && s_links.IsOlderHere) return AttachProgram(program, cgroup, type, options, target);
        throw AttachFailure.Create(program, target, -result, attr.Flags != 0 ? s_order : s_links, WhyNot(program, type, -result));
    }

    static CgroupLink AttachProgram(BpfProgram program, FileDescriptor cgroup, AttachType type, CgroupOptions options, string target)
    {
        var attr = new ProgramAttachAttr
        {
            TargetFd = cgroup.Value,
            AttachBpfFd = program.Fd.Value,
            AttachType = (uint)type,
            AttachFlags = (uint)options.Sharing | (options.Anchor?.Flags ?? 0) | (options.BeforeAncestors ? PreOrderFlag : 0),
            RelativeFdOrId = options.Anchor?.FdOrId ?? 0,
        };
        var result = LinkSyscalls.Attach(attr);
        if (result < 0) throw AttachFailure.Create(program, target, -result, null, WhyNot(program, type, -result));
        var (heldGroup, heldProgram) = (cgroup.Duplicate(), program.Fd.Duplicate());
        return new CgroupLink(null, () =>
        {
            using (heldGroup)
            using (heldProgram)
            {
                LinkSyscalls.DetachProgram(new ProgramAttachAttr { TargetFd = heldGroup.Value, AttachBpfFd = heldProgram.Value, AttachType = (uint)type });
            }
        });
    }

    static AttachType DefaultType(BpfProgram program) => program.Type switch
    {
        ProgramType.SockOps => AttachType.CgroupSockOps,
        ProgramType.CgroupDevice => AttachType.CgroupDevice,
        ProgramType.CgroupSysctl => AttachType.CgroupSysctl,
        ProgramType.CgroupSock when program.AttachType == default => AttachType.CgroupInetSockCreate,
        ProgramType.Lsm => AttachType.LsmCgroup,
        _ => program.AttachType,
    };

    static string? WhyNot(BpfProgram program, AttachType type, int errno) => errno switch
    {
        Errno.EBADF => "the path is not a directory of a cgroup2 file system",
        Errno.EPERM when program.Type != ProgramType.Lsm => "an ancestor's program forbids others (it was attached without sharing), or a capability is missing",
        Errno.EEXIST => "the program is attached there already",
        _ => AttachFailure.WrongAttachType(program, type, errno),
    };
}
