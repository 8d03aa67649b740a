using System.Numerics;

namespace Skep.Bpf;

/// <summary>
/// Gives each Kconfig value its place in the read-only map that the loader fills. The most aligned come first, so that there are no holes
/// and the order in which an object names them does not matter.
/// </summary>
static class KconfigLayout
{
    public const string SectionName = ".kconfig";

    /// <summary>The same externs with their offsets; the size of the map comes back in <paramref name="size"/>.</summary>
    /// <exception cref="BpfFormatException">The values are too large.</exception>
    public static List<ExternSpec> Arrange(IEnumerable<(ExternSpec Value, int Alignment)> values, string objectName, out int size)
    {
        var arranged = new List<ExternSpec>();
        long end = 0;
        foreach (var (value, alignment) in values.OrderByDescending(entry => entry.Alignment).ThenByDescending(entry => entry.Value.Size).ThenBy(entry => entry.Value.Name, StringComparer.Ordinal))
        {
            var offset = (end + alignment - 1) / alignment * alignment;
            end = offset + value.Size;
            if (end > int.MaxValue) throw new BpfFormatException($"object {objectName}: extern '{value.Name}': the values of {SectionName} are too large");
            arranged.Add(new ExternSpec
            {
                Name = value.Name,
                Kind = ExternKind.Kconfig,
                IsWeak = value.IsWeak,
                TypeId = value.TypeId,
                Offset = (int)offset,
                Size = value.Size,
            });
        }
        size = (int)end;
        return arranged;
    }

    public static MapSpec Map(string name, int size, uint sectionTypeId) => new()
    {
        Name = name,
        Type = MapType.Array,
        KeySize = 4,
        ValueSize = (uint)size,
        MaxEntries = 1,
        Flags = MapFlags.MemoryMappable | MapFlags.ProgramReadOnly,
        Freeze = true,
        ValueTypeId = sectionTypeId,
        ZeroedSize = size,
    };

    public static int AlignmentOf(Btf btf, uint typeId)
    {
        var type = btf.Resolve(typeId);
        for (var depth = 0; type.Kind == BtfKind.Array && depth < Btf.MaxDepth; depth++) type = btf.Resolve(type.ElementTypeId);
        if (type.Kind is not (BtfKind.Int or BtfKind.Enum or BtfKind.Enum64)) return 8;
        return type.Size is > 0 and <= 8 && BitOperations.IsPow2(type.Size) ? (int)type.Size : 8;
    }
}
