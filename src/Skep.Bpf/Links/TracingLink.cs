using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A program on the target that it was loaded for: a typed tracepoint (<c>tp_btf</c>), the entry or exit of a kernel function (fentry,
/// fexit), a function whose result it may replace (fmod_ret), or an LSM hook. Requires at least Linux 5.5; LSM 5.7.
/// </summary>
public sealed class TracingLink : BpfLink
{
    static readonly KernelSupport s_cookies = new("a cookie on a tracing program", new(5, 19), "attach without a cookie");

    TracingLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches to the program's own target.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Tracing"/> or <see cref="ProgramType.Lsm"/>.</param>
    /// <param name="cookie">What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 5.19 when not 0; 6.10 for typed tracepoints.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static TracingLink Attach(BpfProgram program, ulong cookie = 0)
    {
        AttachFailure.RequireType(program, "a tracing link", ProgramType.Tracing, ProgramType.Lsm);
        if (program.AttachType == AttachType.TraceIter) throw new ArgumentException("an iterator is attached by IteratorLink", nameof(program));
        if (program.AttachType == AttachType.LsmCgroup) throw new ArgumentException("an LSM hook of a control group is attached by CgroupLink", nameof(program));
        int result;
        if (cookie == 0)
        {
            // The oldest way; BPF_LINK_CREATE takes these programs since 5.19 only.
            result = LinkSyscalls.OpenRawTracepoint(null, program.Fd.Value, 0);
        }
        else
        {
            var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, AttachType = (uint)program.AttachType };
            attr.Tracing.Cookie = cookie;
            result = LinkSyscalls.Create(ref attr);
        }
        if (result >= 0) return new TracingLink(new FileDescriptor(result));
        throw AttachFailure.Create(program, Describe(program), -result, cookie == 0 ? null : s_cookies, WhyNot(program, -result));
    }

    static string Describe(BpfProgram program) =>
        program.AttachTarget.Length > 0 ? $"{program.AttachType} {program.AttachTarget}" : $"its target ({program.AttachType})";

    static string? WhyNot(BpfProgram program, int errno) => errno switch
    {
        Errno.EBUSY => "the function cannot be patched: it is being traced in another way or has too many programs",
        Errno.ENOTSUPP or Errno.EOPNOTSUPP => "this kernel cannot place trampolines on that function",
        Errno.E2BIG => "the target has as many programs as fit (38 on x86-64; kernel: BPF_MAX_TRAMP_LINKS)",
        Errno.EPERM when program.Type == ProgramType.Lsm => "the BPF LSM is off, or lockdown forbids it",
        _ => null,
    };
}
