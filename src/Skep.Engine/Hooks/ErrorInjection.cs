using System.Collections.Concurrent;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Hooks;

/// <summary>
/// Whether an error can be returned in place of what a function of the kernel does, by a trampoline (fmod_ret). <c>bpf_override_return</c> in kprobes reaches
/// the same functions, those of the kernel's list of error injection, and needs one build option more; a program that calls it may also not stand behind a
/// gate (kernel/bpf/core.c: __bpf_prog_map_compatible).
/// </summary>
static class ErrorInjection
{
    /// <summary>Any call does: all of them are declared alike (include/linux/syscalls.h: ALLOW_ERROR_INJECTION).</summary>
    const string Probed = "getpid";

    static readonly ConcurrentDictionary<string, bool> s_reached = new(StringComparer.Ordinal);

    /// <summary>Whether it is possible at system calls.</summary>
    public static bool ReachesSyscalls => Reaches(SyscallNames.WrapperOf(Probed));

    /// <summary>Whether it is possible at a function.</summary>
    public static bool Reaches(string function) => s_reached.GetOrAdd(function, Loads);

    /// <summary>What is missing for system calls.</summary>
    /// <param name="is32Bit">Whether it is a call of 32-bit programs.</param>
    public static string WhyNotSyscall(bool is32Bit) => is32Bit
        ? "Override is not possible for system calls of 32-bit programs"
        : $"Override of a system call needs fmod_ret on system calls, which this kernel does not offer (BPF trampolines and CONFIG_FUNCTION_ERROR_INJECTION); {Kprobes}";

    /// <summary>What is missing for a function that is no security hook.</summary>
    public static string WhyNot => $"Override is possible at security_ functions, security hooks, and functions that the kernel allows errors to be injected into, which this is none of here; {Kprobes}";

    // Whoever knows the helper from elsewhere is told what becomes of it.
    static string Kprobes => Features.Helper(ProgramType.Kprobe, HelperFunction.OverrideReturn) is { IsPresent: false, Reason: var reason }
        ? $"kprobes cannot do it either (bpf_override_return): {reason}"
        : "kprobes (bpf_override_return) are not used for it";

    static bool Loads(string function)
    {
        if (!Features.Attach(AttachFeature.ModifyReturn).IsPresent) return false;
        var builder = new ObjectBuilder("probe") { License = "Dual BSD/GPL" };
        builder.AddProgram($"fmod_ret/{function}", "probe", code => code.Return(0));
        try
        {
            BpfObject.Load(builder.Build()).Dispose();
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
