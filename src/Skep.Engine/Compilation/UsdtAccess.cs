using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Compilation;

/// <summary>Arguments of a statically defined probe: constants, registers or memory, site by site. A table tells where they are at which site.</summary>
sealed class UsdtAccess(HookPlan plan) : ArgumentAccess
{
    readonly int _perSite = plan.Hook.Places!.Places.Max(p => p.Arguments.Count);
    VariableSpec? _table;
    Value _site;

    public override int Count { get; } = plan.Hook.Places!.Places.Min(p => p.Arguments.Count);

    public override bool IsUser => true;

    public override void Begin(CodeBuilder code, Label end)
    {
        if (_table is null) return;
        var site = code.Let(code.Call(HelperFunction.GetAttachCookie, [code.Context]));
        code.GotoIf(site >= plan.Hook.Places!.Places.Count, end);
        _site = code.Let(code.AddressOf(_table) + site * (_perSite * Marshal.SizeOf<UsdtArgument>()));
    }

    public override void WriteCompanion(ObjectBuilder builder)
    {
        var rows = plan.Hook.Places!.Places.SelectMany(p => p.Arguments.Concat(Enumerable.Repeat(new UsdtArgument { Kind = UsdtArgumentKind.Unsupported }, _perSite - p.Arguments.Count))).ToArray();
        if (rows.Length == 0) return;
        var map = new MapSpec
        {
            Name = $"usdt_{plan.Number}", Type = MapType.Array, KeySize = 4, ValueSize = (uint)(rows.Length * Marshal.SizeOf<UsdtArgument>()), MaxEntries = 1,
            Flags = MapFlags.ProgramReadOnly, Freeze = true, Data = MemoryMarshal.AsBytes(rows.AsSpan()).ToArray(),
        };
        builder.AddMap(map);
        _table = new VariableSpec { Name = map.Name, Map = map, Offset = 0, Size = (int)map.ValueSize };
    }

    public override Value Load(CodeBuilder code, int index) => code.Call("usdt_read", [code.Context, Place(index)]);

    public override Value WriteArgument(CodeBuilder code, int index, int value) => code.Call("usdt_write", [code.Context, Place(index), (long)(uint)value]).To(ScalarType.S32);

    Value Place(int index) => _site + index * Marshal.SizeOf<UsdtArgument>();
}
