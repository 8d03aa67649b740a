using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on many kernel functions at once, cheap to attach. Requires at least Linux 5.18; sessions 6.10; kernels built with CONFIG_FPROBE.</summary>
public sealed class KprobeMultiLink : BpfLink
{
    const uint ReturnFlag = 1;
    static readonly KernelSupport s_multi = new("kprobe.multi", new(5, 18), "use one KprobeLink per function");
    static readonly KernelSupport s_session = new("kprobe.session", new(6, 10), "use kprobe.multi at entry and at return");

    KprobeMultiLink(FileDescriptor fd, int count) : base(fd) => Count = count;

    /// <summary>Number of functions probed.</summary>
    public int Count { get; }

    /// <summary>Attaches to the functions that the options name.</summary>
    /// <param name="program">A kprobe program loaded for <see cref="AttachType.TraceKprobeMulti"/> or <see cref="AttachType.TraceKprobeSession"/>.</param>
    /// <param name="options">The functions.</param>
    /// <exception cref="BpfSyscallException">A function is unknown, or the kernel refused it.</exception>
    public static KprobeMultiLink Attach(BpfProgram program, KprobeMultiOptions options)
    {
        AttachFailure.RequireType(program, "kprobe.multi", ProgramType.Kprobe);
        ArgumentNullException.ThrowIfNull(options);
        string[] symbols = options.Pattern is { } pattern ? [.. KernelFunctions.Matching(pattern)] : [.. options.Symbols];
        ulong[] addresses = [.. options.Addresses];
        ulong[] cookies = [.. options.Cookies];
        var target = options.Pattern is { } text ? $"functions {text}" : $"{Math.Max(symbols.Length, addresses.Length)} kernel functions";
        if (symbols.Length == 0 == (addresses.Length == 0))
        {
            throw options.Pattern is null
                ? new ArgumentException("name functions by pattern, by symbols or by addresses", nameof(options))
                : new BpfException($"attach program '{program.Name}' to {target}: no function that can be probed matches");
        }
        if (cookies.Length != 0 && cookies.Length != Math.Max(symbols.Length, addresses.Length))
        {
            throw new ArgumentException("there must be as many cookies as functions, or none", nameof(options));
        }
        var isSession = program.AttachType == AttachType.TraceKprobeSession;
        var type = isSession ? AttachType.TraceKprobeSession : AttachType.TraceKprobeMulti;
        var flags = options.IsReturn && !isSession ? ReturnFlag : 0;
        var result = LinkSyscalls.CreateKprobeMulti(program.Fd.Value, type, flags, symbols, addresses, cookies);
        if (result >= 0) return new KprobeMultiLink(new FileDescriptor(result), Math.Max(symbols.Length, addresses.Length));
        throw AttachFailure.Create(program, target, -result, isSession ? s_session : s_multi, WhyNot(program, type, symbols, -result));
    }

    static string? WhyNot(BpfProgram program, AttachType type, string[] symbols, int errno)
    {
        switch (errno)
        {
            case Errno.EOPNOTSUPP:
                return "this kernel has no kprobe.multi: CONFIG_FPROBE is off";
            case Errno.ESRCH or Errno.ENOENT or Errno.EINVAL when symbols.Length > 0:
                var known = KernelFunctions.Names().ToHashSet(StringComparer.Ordinal);
                var unknown = symbols.Where(s => !known.Contains(s)).ToList();
                if (unknown.Count > 0) return $"this kernel has no function {string.Join(", ", unknown.Take(3))}{NearestName.Suffix(unknown[0], known)}";
                return AttachFailure.WrongAttachType(program, type, errno) ?? "one of the functions cannot be probed by ftrace";
            default:
                return AttachFailure.WrongAttachType(program, type, errno);
        }
    }
}
