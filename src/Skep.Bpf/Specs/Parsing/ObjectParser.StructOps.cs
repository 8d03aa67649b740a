namespace Skep.Bpf;

sealed partial class ObjectParser
{
    readonly Dictionary<int, List<ParsedMap>> _structOpsBySection = [];

    void CollectStructOps()
    {
        foreach (var section in _elf.Sections)
        {
            if (_roles[section.Index] != SectionRole.StructOps || section.Size == 0) continue;
            if (!section.HasBits) throw Error($"section {section.Name} has no content");
            if (!_dataSections.TryGetValue(section.Name, out var type)) throw Error($"section {section.Name}: BTF does not describe it; compile with -g");
            var maps = new List<ParsedMap>();
            if (!_structOpsBySection.TryAdd(section.Index, maps)) continue;
            for (var i = 0; i < type.Count; i++)
            {
                var entry = type.SectionVariable(i);
                var variable = _btf![entry.TypeId];
                if (variable.Kind != BtfKind.Variable) throw Error($"section {section.Name}: entry {i} is a {variable.Kind}, not a variable");
                maps.Add(ParseStructOps(section, entry, variable));
            }
            maps.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        }
    }

    ParsedMap ParseStructOps(ElfSection section, BtfSectionVariable entry, BtfType variable)
    {
        var name = NameOf(variable);
        var type = _btf!.Resolve(variable.TypeId);
        if (type.Kind != BtfKind.Struct) throw Error($"struct_ops '{name}': its type is a {type.Kind}, a struct expected");
        if ((ulong)entry.Offset + entry.Size > (ulong)section.Size || type.Size > entry.Size) throw Error($"struct_ops '{name}' lies outside section {section.Name}");
        var typeName = NameOf(type);
        var flavour = typeName.IndexOf("___", StringComparison.Ordinal);
        var map = new MapSpec
        {
            Name = _mapNames.Claim(name),
            Type = MapType.StructOps,
            KeySize = 4,
            ValueSize = type.Size,
            MaxEntries = 1,
            Flags = section.Name.EndsWith(".link", StringComparison.Ordinal) ? MapFlags.Link : MapFlags.None,
            ValueTypeId = type.Id,
            AutoCreate = !section.Name.StartsWith('?'),
            Linkage = variable.Linkage,
            StructOps = new StructOpsSpec
            {
                TypeName = flavour > 0 ? typeName[..flavour] : typeName,
                TypeId = type.Id,
                Data = _elf.Content(section).Span.Slice((int)entry.Offset, (int)type.Size).ToArray(),
            },
        };
        _spec.Maps.Add(map.Name, map);
        return new ParsedMap(map, entry.Offset, entry.Size, -1);
    }

    void CollectStructOpsFunctions(ElfSection section, ElfSection relocations)
    {
        if (!_structOpsBySection.TryGetValue(section.Index, out var maps)) return;
        foreach (var relocation in _elf.Relocations(relocations))
        {
            var symbol = _elf.SymbolOf(relocation, relocations);
            var map = MapAround(maps, relocation.Offset) ?? throw Error($"section {section.Name}: relocation at 0x{relocation.Offset:x} lies in no variable");
            var what = $"struct_ops '{map.Spec.Name}'";
            var offset = (long)relocation.Offset - map.Offset;
            var data = map.Spec.StructOps!.Data;
            if (relocation.Type != ElfRelocationType.Absolute64 || offset > data.Length - 8)
            {
                throw Error($"{what}: relocation type {(uint)relocation.Type} at offset {offset} against '{LabelOf(symbol)}' is not supported");
            }
            var inPlace = _elf.UInt64(data.AsSpan((int)offset));
            var function = symbol.IsDefined
                ? FunctionAt(symbol.SectionIndex, (long)Math.Min(unchecked(symbol.Value + inPlace) / 8, int.MaxValue))?.Spec.Name
                : symbol.Name;
            map.Spec.StructOps.Functions[(int)offset] = function ?? throw Error($"{what}: member at offset {offset} holds '{LabelOf(symbol)}', which is not a program");
        }
    }
}
