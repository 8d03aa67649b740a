using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>Whether the current task is in a system call of the table for 32-bit programs (arch/x86/include/asm/thread_info.h: TS_COMPAT).</summary>
static class CompatibleTask
{
    const long Compatible = 2;

    /// <summary>Whether this architecture has such a table beside its own.</summary>
    public static bool Exists => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Not 0 when it is.</summary>
    public static Value Mode(CodeBuilder code, Btf kernel)
    {
        if (!kernel.TryFind("task_struct", BtfKind.Struct, out var task)) throw new BpfException("the kernel's types have no struct task_struct");
        var status = MemberPath.Resolve(task, "thread_info.status").Offset;
        var current = code.Call(HelperFunction.GetCurrentTaskBtf).To(ScalarType.Pointer);
        return code.Load(ScalarType.U32, current, status, "status") & Compatible;
    }
}
