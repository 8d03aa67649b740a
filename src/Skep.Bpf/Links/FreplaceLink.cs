using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program that replaces a global function of another program (freplace). Requires at least Linux 5.6.</summary>
public sealed class FreplaceLink : BpfLink
{
    static readonly KernelSupport s_otherTarget = new("attaching an extension to another program than it was loaded for", new(5, 10));

    FreplaceLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Replaces the function that the program was loaded for.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static FreplaceLink Attach(BpfProgram program)
    {
        AttachFailure.RequireType(program, "freplace", ProgramType.Extension);
        return Finish(program, "the function that it was loaded for", LinkSyscalls.OpenRawTracepoint(null, program.Fd.Value, 0));
    }

    /// <summary>Replaces a function of <paramref name="target"/>, another program than the one that it was verified against. Requires at least Linux 5.10.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Extension"/>.</param>
    /// <param name="target">The program whose function is replaced.</param>
    /// <param name="functionId">BTF id of the function in the target's BTF; its prototype must be the one that the extension was verified against.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static FreplaceLink Attach(BpfProgram program, BpfProgram target, uint functionId)
    {
        AttachFailure.RequireType(program, "freplace", ProgramType.Extension);
        ArgumentNullException.ThrowIfNull(target);
        var attr = new LinkCreateAttr { ProgramFd = program.Fd.Value, TargetFd = target.Fd.Value, TargetBtfId = functionId };
        return Finish(program, $"function {functionId} of program '{target.Name}'", LinkSyscalls.Create(ref attr));
    }

    static FreplaceLink Finish(BpfProgram program, string target, int result) => result >= 0
        ? new FreplaceLink(new FileDescriptor(result))
        : throw AttachFailure.Create(program, target, -result, s_otherTarget, result switch
        {
            -Errno.EBUSY => "the function is replaced already, or the target is in a tail-call map",
            _ => null,
        });
}
