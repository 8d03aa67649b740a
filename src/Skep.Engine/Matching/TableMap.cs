using Skep.Bpf;
using Skep.Bpf.Building;

namespace Skep.Engine.Matching;

/// <summary>Constant tables of generated code: arrays of one element, whose bytes programs reach without a lookup.</summary>
static class TableMap
{
    public static VariableSpec Add(ObjectBuilder builder, string name, byte[] data)
    {
        var map = new MapSpec
        {
            Name = name,
            Type = MapType.Array,
            KeySize = 4,
            ValueSize = (uint)data.Length,
            MaxEntries = 1,
            Flags = MapFlags.ProgramReadOnly,
            Freeze = true,
            Data = data,
        };
        builder.AddMap(map);
        return new VariableSpec { Name = name, Map = map, Offset = 0, Size = data.Length };
    }

    /// <summary>The place at an offset of a table.</summary>
    public static VariableSpec At(this VariableSpec table, int offset) => new() { Name = table.Name, Map = table.Map, Offset = offset, Size = table.Size - offset };
}
