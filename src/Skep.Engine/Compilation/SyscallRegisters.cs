using System.Runtime.InteropServices;
using Skep.Bpf;

namespace Skep.Engine.Compilation;

/// <summary>Where <c>struct pt_regs</c> keeps the arguments of a system call until it returns.</summary>
sealed class SyscallRegisters(Btf kernel)
{
    // The calling convention of system calls differs from that of functions in the fourth argument (arch/x86/entry/calling.h).
    static readonly string[] s_x86 = ["di", "si", "dx", "r10", "r8", "r9"];

    static readonly string[] s_32Bit = ["bx", "cx", "dx", "si", "di", "bp"];

    readonly CallRegisters _registers = new(kernel);

    /// <summary>Where the number of the call is kept.</summary>
    public int OffsetOfNumber => _registers.OffsetOf(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "syscallno" : "orig_ax");

    /// <summary>Likewise for a call by <c>int 0x80</c>.</summary>
    public int OffsetOf32BitArgument(int index) => index < s_32Bit.Length ? _registers.OffsetOf(s_32Bit[index]) : throw new BpfException($"argument {index}: a system call has six at most");

    public int OffsetOfArgument(int index)
    {
        if (index >= s_x86.Length) throw new BpfException($"argument {index}: a system call has six at most");
        if (RuntimeInformation.ProcessArchitecture != Architecture.Arm64) return _registers.OffsetOf(s_x86[index]);
        // x0 holds the result at the exit; its value at the entry is kept beside (arch/arm64/include/asm/ptrace.h).
        return index == 0 ? _registers.OffsetOf("orig_x0") : _registers.OffsetOfArgument(index);
    }
}
