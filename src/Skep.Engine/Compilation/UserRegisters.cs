using System.Runtime.InteropServices;
using Skep.Bpf;

namespace Skep.Engine.Compilation;

/// <summary>Where a uprobe's context keeps the registers of the process (<c>struct pt_regs</c> of the architecture's user interface).</summary>
static class UserRegisters
{
    static readonly string[] s_x64 = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

    /// <summary>https://go.dev/s/regabi</summary>
    static readonly string[] s_go = ["rax", "rbx", "rcx", "rdi", "rsi", "r8", "r9", "r10", "r11"];

    static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Arguments that come in registers.</summary>
    public static int Count(bool isGo) => IsArm64 ? isGo ? 16 : 8 : isGo ? s_go.Length : s_x64.Length;

    public static int OffsetOfArgument(int index, bool isGo) =>
        index < Count(isGo) ? OffsetOf(IsArm64 ? $"x{index}" : (isGo ? s_go : s_x64)[index]) : throw new BpfException($"argument {index} is not in a register: {Count(isGo)} are");

    public static int OffsetOfResult => OffsetOf(IsArm64 ? "x0" : "rax");

    public static int OffsetOfStack => OffsetOf(IsArm64 ? "sp" : "rsp");

    /// <summary>How far the stack pointer has gone up at a function's return since its first instruction: x86 has the return's address on the stack.</summary>
    public static int StackAtReturn => IsArm64 ? 0 : 8;

    /// <summary>Offset of a register by the assembler's name for it or a part of it.</summary>
    /// <exception cref="BpfException">There is no such register.</exception>
    public static int OffsetOf(string register) => UsdtArgumentParser.TryRegister(register, RuntimeInformation.ProcessArchitecture, out var offset)
        ? offset
        : throw new BpfException($"there is no register '{register}' on this architecture");
}
