namespace Skep.Bpf;

/// <summary>
/// Reads map definitions from the type of a variable in <c>.maps</c>: numbers are the lengths of arrays, types the targets of pointers
/// (libbpf's bpf_helpers.h: <c>__uint</c>, <c>__type</c>, <c>__array</c>).
/// </summary>
sealed class MapDefinition(Btf btf, string objectName)
{
    const int LongestFieldName = 64;

    /// <summary>Fills in a map from its definition. Returns the byte offset of the <c>values</c> array, or -1.</summary>
    /// <exception cref="BpfFormatException">The definition is wrong.</exception>
    public int Fill(MapSpec map, uint typeId) => Fill(map, btf.Resolve(typeId), $"map '{map.Name}'", isInner: false);

    int Fill(MapSpec map, BtfType definition, string what, bool isInner)
    {
        if (definition.Kind != BtfKind.Struct) throw Error($"{what}: defined by a {definition.Kind}, a struct expected");
        var valuesOffset = -1;
        for (var i = 0; i < definition.Count; i++)
        {
            var member = definition.Member(i);
            if (btf.Utf8At(member.NameOffset).Length > LongestFieldName) throw Error($"{what}: field {i} is unknown");
            var name = btf.StringAt(member.NameOffset);
            var field = $"{what}: field '{name}'";
            switch (name)
            {
                case "type": map.Type = (MapType)Number32(member, field); break;
                case "max_entries": map.MaxEntries = Number32(member, field); break;
                case "map_flags": map.Flags |= (MapFlags)Number32(member, field); break;
                case "map_extra": map.Extra = Number(member, field); break;
                case "numa_node":
                    map.NumaNode = Number32(member, field);
                    map.Flags |= MapFlags.NumaNode;
                    break;
                case "pinning":
                    if (isInner) throw Error($"{field}: an inner map cannot be pinned");
                    var pinning = Number32(member, field);
                    map.Pinning = pinning <= (uint)PinMode.ByName ? (PinMode)pinning : throw Error($"{field}: unknown value {pinning}");
                    break;
                case "key_size": map.KeySize = Sized(map.KeySize, Number32(member, field), field); break;
                case "value_size": map.ValueSize = Sized(map.ValueSize, Number32(member, field), field); break;
                case "key":
                    map.KeyTypeId = Target(member, field);
                    map.KeySize = Sized(map.KeySize, SizeOf(map.KeyTypeId, field), field);
                    break;
                case "value":
                    map.ValueTypeId = Target(member, field);
                    map.ValueSize = Sized(map.ValueSize, SizeOf(map.ValueTypeId, field), field);
                    break;
                case "values":
                    if (isInner) throw Error($"{field}: an inner map cannot hold maps or programs");
                    valuesOffset = (int)(member.BitOffset / 8);
                    FillValues(map, member, field);
                    break;
                default:
                    throw Error($"{field} is unknown");
            }
        }
        if (map.Type == MapType.Unspecified) throw Error($"{what}: no type");
        return valuesOffset;
    }

    void FillValues(MapSpec map, BtfMember member, string field)
    {
        var array = btf.Resolve(member.TypeId);
        if (array.Kind != BtfKind.Array || btf.Resolve(array.ElementTypeId) is not { Kind: BtfKind.Pointer } pointer)
        {
            throw Error($"{field}: an array of pointers expected");
        }
        map.ValueSize = Sized(map.ValueSize, 4, field);
        var target = btf.Resolve(pointer.TypeId);
        if (target.Kind == BtfKind.FunctionPrototype)
        {
            if (map.Type != MapType.ProgArray) throw Error($"{field}: programs are values of a prog array only, and must come after 'type'");
            return;
        }
        if (map.Type is not (MapType.ArrayOfMaps or MapType.HashOfMaps)) throw Error($"{field}: maps are values of a map of maps only, and must come after 'type'");
        var inner = new MapSpec { Name = map.Name + ".inner" };
        Fill(inner, target, $"inner map of '{map.Name}'", isInner: true);
        map.InnerMap = inner;
    }

    uint Number32(BtfMember member, string field)
    {
        var number = Number(member, field);
        return number <= uint.MaxValue ? (uint)number : throw Error($"{field}: {number} does not fit 32 bits");
    }

    ulong Number(BtfMember member, string field)
    {
        var type = btf.Resolve(member.TypeId);
        if (type.Kind == BtfKind.Pointer && btf.Resolve(type.TypeId) is { Kind: BtfKind.Array } array) return array.ElementCount;
        if (type is { IsEnum: true, Count: 1 })
        {
            var value = type.Enumerator(0).Value;
            return type.Kind == BtfKind.Enum ? (uint)value : (ulong)value;
        }
        throw Error($"{field}: a number was expected (__uint or __ulong)");
    }

    uint Target(BtfMember member, string field) => btf.Resolve(member.TypeId) is { Kind: BtfKind.Pointer } pointer
        ? pointer.TypeId
        : throw Error($"{field}: a type was expected (__type)");

    uint SizeOf(uint typeId, string field)
    {
        try
        {
            var size = btf.SizeOf(typeId);
            if (size <= int.MaxValue) return (uint)size;
        }
        catch (OverflowException)
        {
        }
        throw Error($"{field}: its type {typeId} is too large");
    }

    uint Sized(uint before, uint size, string field) =>
        before == 0 || before == size ? size : throw Error($"{field}: size {size} contradicts the size {before} given before");

    BpfFormatException Error(string what) => new($"object {objectName}: {what}");
}
