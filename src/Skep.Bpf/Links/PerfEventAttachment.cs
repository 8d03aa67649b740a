using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// An attachment to a perf event: a kernel link since Linux 5.15, before that a property of the event that goes when the event closes.
/// </summary>
public abstract class PerfEventAttachment : BpfLink
{
    static readonly KernelSupport s_cookies = new("a cookie on a perf event", new(5, 15), "attach without a cookie");

    readonly FileDescriptor _event;

    private protected PerfEventAttachment(FileDescriptor? link, FileDescriptor perfEvent, Action? undo = null) : base(link, undo) => _event = perfEvent;

    /// <summary>The underlying perf event.</summary>
    internal FileDescriptor Event => _event;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // The event must be closed before an undo that removes a tracefs probe, which is busy while used.
        if (disposing)
        {
            Fd?.Dispose();
            _event.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Puts the program on an event and starts it. Returns the kernel's link, or null on kernels without links for events.</summary>
    private protected static FileDescriptor? Connect(BpfProgram program, FileDescriptor perfEvent, ulong cookie, string target)
    {
        var attr = new LinkCreateAttr
        {
            ProgramFd = program.Fd.Value, TargetFd = perfEvent.Value, AttachType = (uint)AttachType.PerfEvent, PerfEventCookie = cookie,
        };
        var result = LinkSyscalls.Create(ref attr);
        if (result < 0)
        {
            if (result is not (-Errno.EINVAL or -Errno.EBADF) || cookie != 0) throw AttachFailure.Create(program, target, -result, s_cookies);
            PerfEvent.SetBpf(perfEvent, program.Fd, $"attach program '{program.Name}' to {target}");
            PerfEvent.Enable(perfEvent);
            return null;
        }
        var link = new FileDescriptor(result);
        PerfEvent.Enable(perfEvent);
        return link;
    }
}
