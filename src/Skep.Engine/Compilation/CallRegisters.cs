using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>Where <c>struct pt_regs</c> keeps a function's arguments.</summary>
sealed class CallRegisters(Btf kernel)
{
    static readonly string[] s_x86 = ["di", "si", "dx", "cx", "r8", "r9"];

    static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Arguments that come in registers.</summary>
    public static int ArgumentCount => IsArm64 ? 8 : s_x86.Length;

    /// <summary>How far the stack pointer has gone up at a function's return since its first instruction: x86 has the return's address on the stack.</summary>
    public static int StackAtReturn => IsArm64 ? 0 : 8;

    /// <summary>Where the stack pointer is kept.</summary>
    public int OffsetOfStack => OffsetOf("sp");

    /// <summary>Where the result is when the function has returned.</summary>
    public int OffsetOfResult => OffsetOf(IsArm64 ? "regs" : "ax");

    public int OffsetOfArgument(int index)
    {
        if (IsArm64)
        {
            return index < ArgumentCount ? OffsetOf("regs") + index * 8 : throw TooMany(index, ArgumentCount);
        }
        return index < s_x86.Length ? OffsetOf(s_x86[index]) : throw TooMany(index, s_x86.Length);
    }

    /// <summary>Offset of a register by its member name in <c>struct pt_regs</c>.</summary>
    /// <exception cref="BpfException">There is no such register.</exception>
    public int OffsetOf(string register)
    {
        if (!kernel.TryFind("pt_regs", BtfKind.Struct, out var type)) throw new BpfException("the kernel's types have no struct pt_regs");
        return MemberPath.Resolve(type, register).Offset;
    }

    static BpfException TooMany(int index, int count) => new($"argument {index} is not in a register: this architecture passes {count} in registers");
}
