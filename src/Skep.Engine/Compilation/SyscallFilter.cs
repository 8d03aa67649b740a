using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>The first thing that a program at all system calls does: leave, unless the call is wanted. A byte in a table tells.</summary>
static class SyscallFilter
{
    const int TableSize = 1024;
    /// <summary>The call came from a 32-bit program, whose numbers mean others (arch/x86/include/asm/thread_info.h: TS_COMPAT).</summary>
    const long Compatible = 2;

    public static void Write(ObjectBuilder builder, CodeBuilder code, HookPlan plan, ArgumentAccess access, Btf kernel, Label end)
    {
        var table = new byte[TableSize];
        foreach (var call in plan.Calls)
        {
            if (call < TableSize) table[call] = 1;
        }
        var map = new MapSpec
        {
            Name = $"calls_{plan.Number}", Type = MapType.Array, KeySize = 4, ValueSize = TableSize, MaxEntries = 1,
            Flags = MapFlags.ProgramReadOnly, Freeze = true, Data = table,
        };
        builder.AddMap(map);
        var number = code.Let(access.LoadCall(code));
        code.GotoIf(number >= TableSize, end);
        var cell = code.AddressOf(new VariableSpec { Name = map.Name, Map = map, Offset = 0, Size = TableSize }) + number;
        code.GotoIf(code.Load(ScalarType.U8, cell, 0, "wanted") == 0, end);
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !kernel.TryFind("task_struct", BtfKind.Struct, out var task)) return;
        var status = MemberPath.Resolve(task, "thread_info.status").Offset;
        var current = code.Call(HelperFunction.GetCurrentTaskBtf).To(ScalarType.Pointer);
        code.GotoIf((code.Load(ScalarType.U32, current, status, "status") & Compatible) != 0, end);
    }
}
