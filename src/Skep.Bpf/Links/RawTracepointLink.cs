using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on the raw arguments of a tracepoint. Requires at least Linux 4.17.</summary>
public sealed class RawTracepointLink : BpfLink
{
    static readonly KernelSupport s_cookies = new("a cookie on a raw tracepoint", new(6, 10), "attach without a cookie");

    RawTracepointLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to a tracepoint by its bare name, for example <c>sched_switch</c> or <c>sys_enter</c>.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.RawTracepoint"/> or its writable variant.</param>
    /// <param name="name">Name of the tracepoint, without a category.</param>
    /// <param name="cookie">What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 6.10 when not 0.</param>
    /// <exception cref="BpfSyscallException">There is no such tracepoint or the kernel refused it.</exception>
    public static RawTracepointLink Attach(BpfProgram program, string name, ulong cookie = 0)
    {
        AttachFailure.RequireType(program, "a raw tracepoint", ProgramType.RawTracepoint, ProgramType.RawTracepointWritable);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var result = LinkSyscalls.OpenRawTracepoint(name, program.Fd.Value, cookie);
        if (result >= 0) return new RawTracepointLink(new FileDescriptor(result));
        var explanation = result == -Errno.ENOENT
            ? $"this kernel has no such tracepoint{NearestName.Suffix(name, TraceFs.Categories.SelectMany(TraceFs.Names))}"
            : null;
        throw AttachFailure.Create(program, $"raw tracepoint {name}", -result, s_cookies, explanation);
    }
}
