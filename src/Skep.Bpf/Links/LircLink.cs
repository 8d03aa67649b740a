using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A decoder of infrared remote controls (<c>lirc_mode2</c>). Requires at least Linux 4.18 with CONFIG_BPF_LIRC_MODE2. Not a kernel link.</summary>
public sealed class LircLink : BpfLink
{
    LircLink(Action undo) : base(null, undo) { }

    /// <summary>Attaches to a device such as <c>/dev/lirc0</c>.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.LircMode2"/>.</param>
    /// <param name="device">The device's path.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static LircLink Attach(BpfProgram program, string device)
    {
        AttachFailure.RequireType(program, "lirc_mode2", ProgramType.LircMode2);
        var fd = Libc.OwnedFd(Libc.Open(device, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), $"open {device}");
        var attr = new ProgramAttachAttr { TargetFd = fd.Value, AttachBpfFd = program.Fd.Value, AttachType = (uint)AttachType.LircMode2 };
        var result = LinkSyscalls.Attach(attr);
        if (result < 0)
        {
            fd.Dispose();
            throw AttachFailure.Create(program, device, -result, null, result switch
            {
                -Errno.EINVAL => "the device is not a raw infrared receiver, or the kernel lacks CONFIG_BPF_LIRC_MODE2",
                -Errno.E2BIG => "the device has as many programs as fit (64)",
                _ => null,
            });
        }
        var held = program.Fd.Duplicate();
        return new LircLink(() =>
        {
            using (fd)
            using (held)
            {
                LinkSyscalls.DetachProgram(attr with { TargetFd = fd.Value, AttachBpfFd = held.Value });
            }
        });
    }
}
