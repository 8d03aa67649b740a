namespace Skep.Bpf;

sealed partial class ObjectMerge
{
    readonly List<(string Name, MapSpec Map, List<BtfSectionVariable> Variables)> _sections = [];

    /// <summary>Names of the joined sections by their names in the objects: a map of the same name moves a section of the author's own aside.</summary>
    readonly Dictionary<string, string> _sectionNames = new(StringComparer.Ordinal);

    /// <summary>Lays the data sections of one name one after the other, each at its own alignment.</summary>
    void JoinDataSections()
    {
        var names = _inputs.SelectMany(input => input.Spec.Maps.Values.Where(map => map.IsDataSection && map.Name != KconfigLayout.SectionName).Select(map => map.Name)).Distinct(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var parts = _inputs.Where(input => input.Spec.Maps.TryGetValue(name, out var map) && map.IsDataSection).Select(input => (Input: input, Map: input.Spec.Maps[name])).ToList();
            long size = 0;
            foreach (var (input, map) in parts)
            {
                if (map.Flags != parts[0].Map.Flags) throw Error($"section {name} has flags {parts[0].Map.Flags} in '{parts[0].Input.Name}' and {map.Flags} in '{input.Name}'");
                var alignment = Math.Max(map.Alignment, 1);
                var offset = (size + alignment - 1) / alignment * alignment;
                size = offset + (map.IsZeroed ? map.ValueSize : Math.Max(map.ValueSize, map.Data!.Length));
                if (size > int.MaxValue) throw Error($"section {name} grows larger than 2 GiB with '{input.Name}'");
                input.SectionOffsets.Add(name, (int)offset);
            }
            Join(name, parts, (int)size);
        }
    }

    void Join(string name, List<(LinkInput Input, MapSpec Map)> parts, int size)
    {
        var first = parts[0].Map;
        var joined = new MapSpec
        {
            Name = _mapNames.Claim(name),
            Type = MapType.Array,
            KeySize = 4,
            ValueSize = (uint)size,
            MaxEntries = 1,
            Flags = first.Flags,
            Freeze = parts.Any(part => part.Map.Freeze),
            Pinning = first.Pinning,
            Alignment = parts.Max(part => part.Map.Alignment),
            ZeroedSize = size,
        };
        var variables = new List<BtfSectionVariable>();
        foreach (var (input, map) in parts)
        {
            var offset = input.SectionOffsets[name];
            if (!map.IsZeroed) map.Data!.CopyTo(joined.Data!, offset);
            foreach (var (at, symbol) in map.Addresses) joined.Addresses[at + offset] = symbol;
            if (map.ValueTypeId == 0 || input.Spec.Btf is not { } btf || btf[map.ValueTypeId] is not { Kind: BtfKind.DataSection } section) continue;
            for (var i = 0; i < section.Count; i++)
            {
                var variable = section.SectionVariable(i);
                if (TypeOf(input, variable.TypeId) is var id and not 0) variables.Add(new BtfSectionVariable(id, variable.Offset + (uint)offset, variable.Size));
            }
        }
        _sectionNames.Add(name, joined.Name);
        _result.Maps.Add(joined.Name, joined);
        _sections.Add((name, joined, variables));
    }

    void AddMaps()
    {
        foreach (var input in _inputs)
        {
            foreach (var (name, map) in input.Spec.Maps)
            {
                if (!input.Maps.TryGetValue(name, out var newName)) continue;
                var copy = map.Copy(newName, id => TypeOf(input, id));
                copy.Contents = [.. map.Contents.Select(entry => entry.Symbol is { } symbol ? entry with { Symbol = NamedValue(input, map, symbol) } : entry)];
                if (map.StructOps is { } structOps)
                {
                    copy.StructOps = new StructOpsSpec
                    {
                        TypeName = structOps.TypeName,
                        TypeId = TypeOf(input, structOps.TypeId),
                        Data = (byte[])structOps.Data.Clone(),
                    };
                    foreach (var (offset, function) in structOps.Functions) copy.StructOps.Functions.Add(offset, NamedValue(input, map, function));
                }
                _result.Maps.Add(newName, copy);
            }
        }
    }

    /// <summary>The new name of a program or map that another map holds.</summary>
    string NamedValue(LinkInput input, MapSpec holder, string symbol)
    {
        if (holder.InnerMap is not null && input.Maps.TryGetValue(symbol, out var map)) return map;
        if (holder.InnerMap is null && input.Functions.TryGetValue(symbol, out var function)) return function;
        if (_definitions.TryGetValue(symbol, out var definition) && definition.Kind == (holder.InnerMap is null ? SymbolKind.Function : SymbolKind.Map)) return symbol;
        throw Error($"map '{holder.Name}' of '{input.Name}' holds '{symbol}', which no object defines");
    }

    void AddVariables()
    {
        foreach (var input in _inputs)
        {
            foreach (var (name, variable) in input.Spec.Variables)
            {
                if (variable.Linkage == Linkage.Global && !IsKept(input, name)) continue;
                var isSection = input.SectionOffsets.TryGetValue(variable.Map.Name, out var offset);
                var holder = isSection ? _sectionNames[variable.Map.Name] : input.Maps.GetValueOrDefault(variable.Map.Name)
                    ?? throw Error($"variable '{name}' of '{input.Name}' lies in map '{variable.Map.Name}', which another object's definition replaces");
                var newName = variable.Linkage == Linkage.Global ? name : _variableNames.Claim(name);
                _result.Variables.Add(newName, new VariableSpec
                {
                    Name = newName,
                    Map = _result.Maps[holder],
                    Offset = variable.Offset + offset,
                    Size = variable.Size,
                    TypeId = TypeOf(input, variable.TypeId),
                    Linkage = variable.Linkage,
                    IsWeak = variable.IsWeak,
                });
            }
        }
    }
}
