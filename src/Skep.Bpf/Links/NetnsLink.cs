using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A socket lookup or flow dissector program of a network namespace. Requires at least Linux 5.8 (flow dissector), 5.9 (socket lookup).</summary>
public sealed class NetnsLink : BpfLink
{
    static readonly KernelSupport s_support = new("a network namespace link", new(5, 8));

    NetnsLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to a namespace.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.SkLookup"/> or <see cref="ProgramType.FlowDissector"/>.</param>
    /// <param name="path">The namespace: <c>/proc/PID/ns/net</c>, a file below <c>/run/netns</c>; null means the calling thread's.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static NetnsLink Attach(BpfProgram program, string? path = null)
    {
        AttachFailure.RequireType(program, "a network namespace", ProgramType.SkLookup, ProgramType.FlowDissector);
        path ??= "/proc/thread-self/ns/net";
        using var netns = Libc.OwnedFd(Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), $"open network namespace {path}");
        var type = program.Type == ProgramType.SkLookup ? AttachType.SkLookup : AttachType.FlowDissector;
        var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, TargetFd = netns.Value, AttachType = (uint)type };
        var result = LinkSyscalls.Create(ref attr);
        if (result >= 0) return new NetnsLink(new FileDescriptor(result));
        throw AttachFailure.Create(program, $"network namespace {path}", -result, s_support, result switch
        {
            -Errno.EEXIST when type == AttachType.FlowDissector => "a flow dissector is attached to this or to the initial namespace; there can be one",
            -Errno.E2BIG when !s_support.IsOlderHere => "the namespace has as many programs as fit (64)",
            _ => null,
        });
    }
}
