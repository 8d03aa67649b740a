namespace Skep.Bpf;

sealed partial class ObjectParser
{
    readonly Dictionary<int, List<ParsedMap>> _mapsBySection = [];

    void CollectMaps()
    {
        foreach (var section in _elf.Sections)
        {
            if (_roles[section.Index] != SectionRole.Maps || section.Size == 0) continue;
            if (_btf is null) throw Error("section .maps: map definitions need BTF; compile with -g");
            if (_mapsBySection.Count > 0) throw Error("two sections named .maps");
            if (!_dataSections.TryGetValue(".maps", out var type)) throw Error("section .maps: BTF does not describe it; compile with -g");
            var maps = new List<ParsedMap>();
            _mapsBySection.Add(section.Index, maps);
            for (var i = 0; i < type.Count; i++)
            {
                var entry = type.SectionVariable(i);
                var variable = _btf[entry.TypeId];
                if (variable.Kind != BtfKind.Variable) throw Error($"section .maps: entry {i} is a {variable.Kind}, not a variable");
                if (variable.Linkage == Linkage.Extern) continue;
                maps.Add(ParseMap(section, entry, variable));
            }
            maps.Sort((left, right) => left.Offset.CompareTo(right.Offset));
        }
    }

    ParsedMap ParseMap(ElfSection section, BtfSectionVariable entry, BtfType variable)
    {
        var name = NameOf(variable);
        if ((ulong)entry.Offset + entry.Size > (ulong)section.Size) throw Error($"map '{name}' lies outside section .maps");
        var symbol = _variableSymbols.GetValueOrDefault((section.Index, name));
        var map = new MapSpec
        {
            Name = _mapNames.Claim(name),
            Linkage = variable.Linkage,
            IsWeak = symbol.IsWeak,
        };
        var valuesOffset = new MapDefinition(_btf!, _elf.Name).Fill(map, variable.TypeId);
        _spec.Maps.Add(map.Name, map);
        return new ParsedMap(map, entry.Offset, entry.Size, valuesOffset);
    }

    /// <summary>Initial values of a prog array or a map of maps: pointers to programs and maps in the <c>values</c> array.</summary>
    void CollectMapContents(ElfSection section, ElfSection relocations)
    {
        if (!_mapsBySection.TryGetValue(section.Index, out var maps)) return;
        var contents = new Dictionary<ParsedMap, List<MapEntry>>();
        foreach (var relocation in _elf.Relocations(relocations))
        {
            var symbol = _elf.SymbolOf(relocation, relocations);
            var map = MapAround(maps, relocation.Offset) ?? throw Error($"section .maps: relocation at 0x{relocation.Offset:x} lies in no map");
            var what = $"map '{map.Spec.Name}'";
            if (relocation.Type != ElfRelocationType.Absolute64) throw Error($"{what}: relocation type {(uint)relocation.Type} against '{LabelOf(symbol)}' is not supported here");
            var offset = (long)relocation.Offset - map.Offset - map.ValuesOffset;
            if (map.ValuesOffset < 0 || offset < 0 || (ulong)section.Size - relocation.Offset < 8 || !section.HasBits || offset % 8 != 0) throw Error($"{what}: '{LabelOf(symbol)}' is stored outside the 'values' array");
            if (!contents.TryGetValue(map, out var entries)) contents.Add(map, entries = []);
            var inPlace = _elf.UInt64(_elf.Content(section).Span[(int)relocation.Offset..]);
            entries.Add(new MapEntry(KeyOf((int)(offset / 8)), [], MapValueOf(map.Spec, symbol, inPlace, section, what)));
        }
        foreach (var (map, entries) in contents) map.Spec.Contents = entries;
    }

    string MapValueOf(MapSpec map, ElfSymbol symbol, ulong inPlace, ElfSection section, string what)
    {
        if (symbol.IsUndefined) return symbol.Name;
        var target = _elf.SectionOf(symbol);
        if (map.InnerMap is null)
        {
            return FunctionAt(target.Index, (long)Math.Min(unchecked(symbol.Value + inPlace) / 8, int.MaxValue))?.Spec.Name ?? throw Error($"{what}: value '{LabelOf(symbol)}' is not a program");
        }
        // A static map may be named by the section, with its offset stored in place.
        var offset = unchecked(symbol.Value + inPlace);
        if (target.Index == section.Index && MapAround(_mapsBySection[section.Index], offset) is { } inner && (ulong)inner.Offset == offset)
        {
            return inner.Spec.Name;
        }
        throw Error($"{what}: value '{LabelOf(symbol)}' is not a map");
    }

    static ParsedMap? MapAround(List<ParsedMap> maps, ulong offset)
    {
        var (low, high) = (0, maps.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var map = maps[middle];
            if (offset < (ulong)map.Offset) high = middle - 1;
            else if (offset >= (ulong)(map.Offset + map.Size)) low = middle + 1;
            else return map;
        }
        return null;
    }
}
