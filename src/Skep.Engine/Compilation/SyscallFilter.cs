using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>The first thing that a program at all system calls does: leave, unless the call is wanted. A byte in a table tells.</summary>
static class SyscallFilter
{
    const int TableSize = 1024;

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
        // The same number means another call in the other table.
        if (!CompatibleTask.Exists) return;
        var mode = CompatibleTask.Mode(code, kernel);
        code.GotoIf(plan.Hook.Target is SyscallSetHook { Is32Bit: true } ? mode == 0 : mode != 0, end);
    }
}
