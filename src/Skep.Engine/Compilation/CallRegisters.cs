using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>Where <c>struct pt_regs</c> keeps a function's arguments.</summary>
sealed class CallRegisters(Btf kernel)
{
    static readonly string[] s_x86 = ["di", "si", "dx", "cx", "r8", "r9"];

    public int OffsetOfArgument(int index)
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
        {
            return index < 8 ? OffsetOf("regs") + index * 8 : throw TooMany(index, 8);
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
