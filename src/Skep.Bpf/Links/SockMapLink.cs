using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A program that parses, judges or redirects what the sockets of a sockmap or sockhash carry. Requires at least Linux 4.14; a kernel
/// link since 6.10.
/// </summary>
public sealed class SockMapLink : BpfLink
{
    SockMapLink(FileDescriptor? fd, Action? undo = null) : base(fd, undo) { }

    /// <summary>Attaches to a map for the hook that the program was loaded for.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SkMsg"/> or <see cref="ProgramType.SkSkb"/>.</param>
    /// <param name="map">A sockmap or sockhash; sockets that are in it already are served too.</param>
    /// <param name="attachType">The hook; null means the one that the program was loaded for.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static SockMapLink Attach(BpfProgram program, BpfMap map, AttachType? attachType = null)
    {
        AttachFailure.RequireType(program, "a sockmap", ProgramType.SkMsg, ProgramType.SkSkb);
        ArgumentNullException.ThrowIfNull(map);
        var type = attachType ?? (program.Type == ProgramType.SkMsg ? AttachType.SkMsgVerdict : program.AttachType);
        if (type is not (AttachType.SkMsgVerdict or AttachType.SkSkbVerdict or AttachType.SkSkbStreamParser or AttachType.SkSkbStreamVerdict))
        {
            throw new ArgumentException($"program '{program.Name}' was not loaded for a sockmap hook: name one", nameof(attachType));
        }
        var target = $"map '{map.Name}' ({type})";
        var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, TargetFd = map.Fd.Value, AttachType = (uint)type };
        var result = LinkSyscalls.Create(ref attr);
        if (result >= 0) return new SockMapLink(new FileDescriptor(result));
        if (result != -Errno.EINVAL) throw AttachFailure.Create(program, target, -result, null, WhyNot(-result));
        result = LinkSyscalls.Attach(new ProgramAttachAttr { TargetFd = map.Fd.Value, AttachBpfFd = program.Fd.Value, AttachType = (uint)type });
        if (result < 0) throw AttachFailure.Create(program, target, -result, null, WhyNot(-result));
        var (heldMap, heldProgram) = (map.Fd.Duplicate(), program.Fd.Duplicate());
        return new SockMapLink(null, () =>
        {
            using (heldMap)
            using (heldProgram)
            {
                LinkSyscalls.DetachProgram(new ProgramAttachAttr { TargetFd = heldMap.Value, AttachBpfFd = heldProgram.Value, AttachType = (uint)type });
            }
        });
    }

    static string? WhyNot(int errno) => errno switch
    {
        Errno.EBUSY => "another program serves this hook of the map",
        Errno.EOPNOTSUPP => "the map is no sockmap, or the kernel lacks CONFIG_BPF_STREAM_PARSER",
        _ => null,
    };
}
