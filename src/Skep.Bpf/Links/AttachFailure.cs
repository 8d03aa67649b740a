using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Turns the errno of a refused attachment into a cause and a remedy. Nothing here runs before a failure: versions and capabilities
/// explain a refusal, they never predict one (distributions back-port features).
/// </summary>
static class AttachFailure
{
    public static BpfSyscallException Create(
        BpfProgram program, string target, int errno, KernelSupport? support = null, string? explanation = null, string? remedy = null)
    {
        explanation ??= errno switch
        {
            Errno.EPERM or Errno.EACCES => MissingCapabilities(),
            Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP or Errno.E2BIG when support is { IsOlderHere: true } => support.ToString(),
            Errno.EBADF => "a descriptor is closed or of the wrong kind",
            Errno.EMFILE => "this process has too many open descriptors",
            _ => null,
        };
        if (errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP or Errno.E2BIG && support is { IsOlderHere: true }) remedy ??= support.Alternative;
        return new BpfSyscallException($"attach program '{program.Name}' to {target}", errno, explanation, remedy);
    }

    /// <summary>Throws when a program is of a type that this kind of link cannot hold: the kernel would only say EINVAL.</summary>
    public static void RequireType(BpfProgram program, string kind, params ReadOnlySpan<ProgramType> types)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (types.IndexOf(program.Type) >= 0) return;
        throw new ArgumentException($"program '{program.Name}' is of type {program.Type}; {kind} takes {string.Join(" or ", types.ToArray())}", nameof(program));
    }

    /// <summary>Says that a program was loaded for another hook than the one asked for; null when that is not so.</summary>
    public static string? WrongAttachType(BpfProgram program, AttachType wanted, int errno) =>
        errno == Errno.EINVAL && program.AttachType != wanted
            ? $"the program was loaded with the expected attach type {program.AttachType}, not {wanted}"
            : null;

    public static string? WhyNoUpdate(BpfLink link, int errno) => errno switch
    {
        Errno.EINVAL or Errno.EOPNOTSUPP => $"a {link.GetType().Name} cannot change its program, or the program is of another type; attach the new one, then dispose the old link",
        Errno.EPERM => "another program than the expected one is attached",
        Errno.ENOLINK => "the link was detached, or its target is gone",
        _ => null,
    };

    public static string? WhyNoDetach(int errno) => errno switch
    {
        Errno.EOPNOTSUPP => "this kind of link is only detached when its last descriptor and pin go",
        Errno.EINVAL => new KernelSupport("detaching a link", new(5, 9)).ToString(),
        _ => null,
    };

    static string? MissingCapabilities()
    {
        var held = CapabilitySet.Effective;
        Capability[] needed = [Capability.Bpf, Capability.Perfmon, Capability.NetAdmin];
        var missing = needed.Where(capability => !held.Grants(capability)).Select(CapabilitySet.NameOf).ToList();
        return missing.Count == 0 ? null : $"this process lacks {string.Join(", ", missing)}";
    }
}
