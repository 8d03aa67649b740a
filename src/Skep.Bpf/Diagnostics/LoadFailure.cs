using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Turns the error number of a refused program into a typed exception.</summary>
static class LoadFailure
{
    /// <summary>The exception for a program that the kernel refused with an errno and, perhaps, a log.</summary>
    public static BpfSyscallException Explain(ProgramImage image, int errno, string log)
    {
        var operation = $"load program '{image.Name}' ({(image.SectionName.Length > 0 ? image.SectionName : image.Type)})";
        if (image.ObjectName.Length > 0) operation = $"object {image.ObjectName}: {operation}";
        var parsed = VerifierLog.Parse(log);
        // A log of statistics or traces only explains nothing: the refusal came before or after the verifier.
        if (parsed.Messages.Count > 0 || parsed.LastInstruction >= 0) return new VerifierException(operation, errno, parsed, image.Lines, image.Unresolved);
        var (explanation, remedy) = ExplainWithoutLog(image, errno);
        return new BpfSyscallException(operation, errno, explanation, remedy);
    }

    static (string? Explanation, string? Remedy) ExplainWithoutLog(ProgramImage image, int errno)
    {
        switch (errno)
        {
            case Errno.EPERM:
                var diagnosis = PermissionDiagnosis.ForProgram(image.Type, image.AttachType, PermissionFacts.Read(), TypedTracepointProbe.Loads);
                return (diagnosis.Explanation, diagnosis.Remedy);
            case Errno.EACCES when image.AttachBtfId != 0 || image.Type is ProgramType.Tracing or ProgramType.Lsm:
                return ("the kernel does not let this program attach to its target", "check that the target is traceable (not marked notrace) and that kernel.perf_event_paranoid permits it");
            case Errno.E2BIG when image.Instructions.Length > 4096 && !CapabilitySet.Effective.Grants(Capability.Bpf):
                return ($"the program has {image.Instructions.Length} instructions, users without CAP_BPF may load 4096", "run with CAP_BPF");
            case Errno.E2BIG when image.Instructions.Length > 1_000_000:
                return ($"the program has {image.Instructions.Length} instructions, the kernel accepts one million: it is too large", "split it with tail calls");
            case Errno.E2BIG:
                return ("the load request carries fields that this kernel does not know, or a table larger than it accepts", "load without the newer feature (token, fd_array count)");
            case Errno.ENOMEM:
                return ("the kernel has no memory for the program, or the JIT's memory limit is reached", "see net.core.bpf_jit_limit and the cgroup's memory.max");
            case Errno.ENOTSUPP:
                return ("the JIT cannot compile the program, or the attach target does not support it (ENOTSUPP)", "enable the JIT (net.core.bpf_jit_enable=1), or avoid the newer instruction");
            case Errno.ENOENT when image.AttachBtfId != 0:
                return ("the attach target is not in the kernel's BTF, or its address is not known", "attach to a function that this kernel has: see /sys/kernel/tracing/available_filter_functions");
            case Errno.ENOENT:
                return ("something that the program refers to does not exist: a BTF object, a map or a kernel function", null);
            case Errno.EBADF:
                return ("a descriptor that the program refers to is closed or of another kind", "keep maps, BTF and target programs open until the program is loaded");
            case Errno.EBUSY:
                return ("the target is in use by another program of this kind", null);
            case Errno.ENOSYS:
                return ("the kernel was built without eBPF", "use a kernel with CONFIG_BPF_SYSCALL=y");
            case Errno.EINVAL:
                return (MissingFeature(image) ?? ExplainInvalid(image), null);
            default:
                return (null, null);
        }
    }

    // The kernel answers EINVAL without a word to whatever it does not know, so that the probes are asked what that is.
    static string? MissingFeature(ProgramImage image) =>
        image.Instructions.Length > 0 && Features.Program(image.Type) is { IsPresent: false } missing ? missing.ToString() : null;

    static string ExplainInvalid(ProgramImage image)
    {
        if (image.Instructions.Length == 0) return "the program has no instructions";
        if (image.Type == ProgramType.Unspecified) return "the program has no type: its section name is not known";
        if (image.Type is ProgramType.Tracing or ProgramType.Lsm or ProgramType.Extension && image.AttachBtfId == 0) return "the program has no attach target";
        if ((image.Flags & ProgramFlags.Sleepable) != 0) return "this kernel does not know sleepable programs, or not of this type";
        return $"this kernel does not know programs of type {image.Type} with attach type {image.AttachType}, or a load option that was used";
    }
}
