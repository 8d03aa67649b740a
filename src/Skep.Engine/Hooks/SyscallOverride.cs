using Skep.Bpf;
using Skep.Bpf.Building;

namespace Skep.Engine.Hooks;

/// <summary>Whether an error can be returned in place of what a system call does.</summary>
static class SyscallOverride
{
    /// <summary>Any call does: all of them are declared alike (include/linux/syscalls.h: ALLOW_ERROR_INJECTION).</summary>
    const string Probed = "getpid";

    /// <summary>Whether it can, by a trampoline.</summary>
    public static bool IsPossible { get; } = Loads();

    /// <summary>What is missing.</summary>
    /// <param name="is32Bit">Whether it is a call of 32-bit programs.</param>
    public static string WhyNot(bool is32Bit) => is32Bit
        ? "Override is not possible for system calls of 32-bit programs"
        : "Override of a system call needs fmod_ret on system calls, which this kernel does not offer (BPF trampolines and CONFIG_FUNCTION_ERROR_INJECTION)";

    static bool Loads()
    {
        if (!Features.Attach(AttachFeature.ModifyReturn).IsPresent) return false;
        var builder = new ObjectBuilder("probe") { License = "Dual BSD/GPL" };
        builder.AddProgram($"fmod_ret/{SyscallNames.WrapperOf(Probed)}", "probe", code => code.Return(0));
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
