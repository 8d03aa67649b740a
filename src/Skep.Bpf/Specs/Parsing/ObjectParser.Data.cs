namespace Skep.Bpf;

sealed partial class ObjectParser
{
    readonly Dictionary<int, MapSpec> _dataMaps = [];
    readonly UniqueNames _variableNames = new();

    void CollectDataSections()
    {
        foreach (var section in _elf.Sections)
        {
            var role = _roles[section.Index];
            if (role is not (SectionRole.Data or SectionRole.ReadOnlyData or SectionRole.ZeroData or SectionRole.ArenaData) || section.Size == 0) continue;
            var map = role == SectionRole.ArenaData ? ArenaOf(section) : DataMap(section, role);
            _dataMaps.Add(section.Index, map);
            if (_dataSections.TryGetValue(section.Name, out var type)) CollectTypedVariables(section, map, type);
            else CollectUntypedVariables(section, map);
        }
    }

    MapSpec DataMap(ElfSection section, SectionRole role)
    {
        var isReadOnly = role == SectionRole.ReadOnlyData;
        var map = new MapSpec
        {
            Name = _mapNames.Claim(section.Name),
            Type = MapType.Array,
            KeySize = 4,
            ValueSize = (uint)section.Size,
            MaxEntries = 1,
            Flags = MapFlags.MemoryMappable | (isReadOnly ? MapFlags.ProgramReadOnly : MapFlags.None),
            Freeze = isReadOnly,
            ValueTypeId = _dataSections.TryGetValue(section.Name, out var type) ? type.Id : 0,
            Alignment = (int)Math.Clamp(section.Alignment, 1, 4096),
            ZeroedSize = section.HasBits ? 0 : (int)section.Size,
        };
        if (section.HasBits) map.Data = _elf.Content(section).ToArray();
        _spec.Maps.Add(map.Name, map);
        return map;
    }

    /// <summary>Globals in address space 1 live in the object's arena (include/uapi/linux/bpf.h: BPF_MAP_TYPE_ARENA).</summary>
    MapSpec ArenaOf(ElfSection section)
    {
        var arenas = _spec.Maps.Values.Where(map => map.Type == MapType.Arena).ToList();
        if (arenas.Count != 1) throw Error($"section {section.Name} holds arena variables and the object defines {arenas.Count} arena maps, one expected");
        if (section.HasBits) arenas[0].Data = _elf.Content(section).ToArray();
        else arenas[0].ZeroedSize = (int)section.Size;
        return arenas[0];
    }

    void CollectTypedVariables(ElfSection section, MapSpec map, BtfType type)
    {
        for (var i = 0; i < type.Count; i++)
        {
            var entry = type.SectionVariable(i);
            var variable = _btf![entry.TypeId];
            if (variable.Kind != BtfKind.Variable || variable.Linkage == Linkage.Extern) continue;
            var name = NameOf(variable);
            if ((ulong)entry.Offset + entry.Size > (ulong)section.Size)
            {
                throw Error($"variable '{name}' ({entry.Size} bytes at {entry.Offset}) lies outside section {section.Name} of {section.Size} bytes");
            }
            // A hidden variable is static in BTF by now, and global for the linker.
            _variableSymbols.TryGetValue((section.Index, name), out var symbol);
            var linkage = symbol is { IsHidden: true, IsLocal: false } ? Linkage.Global : variable.Linkage;
            AddVariable(name, map, (int)entry.Offset, (int)entry.Size, variable.TypeId, linkage, symbol.IsWeak);
        }
    }

    void CollectUntypedVariables(ElfSection section, MapSpec map)
    {
        foreach (var symbol in _elf.Symbols)
        {
            if (symbol.SectionIndex != section.Index || symbol.Type != ElfSymbolType.Object || symbol.Name.Length == 0 || symbol.Size == 0) continue;
            if (symbol.Value > (ulong)section.Size || symbol.Size > (ulong)section.Size - symbol.Value)
            {
                throw Error($"variable '{symbol.Name}' ({symbol.Size} bytes at {symbol.Value}) lies outside section {section.Name} of {section.Size} bytes");
            }
            AddVariable(symbol.Name, map, (int)symbol.Value, (int)symbol.Size, 0, symbol.IsLocal ? Linkage.Static : Linkage.Global, symbol.IsWeak);
        }
    }

    void AddVariable(string name, MapSpec map, int offset, int size, uint typeId, Linkage linkage, bool isWeak)
    {
        var unique = _variableNames.Claim(name);
        _spec.Variables.Add(unique, new VariableSpec
        {
            Name = unique,
            Map = map,
            Offset = offset,
            Size = size,
            TypeId = typeId,
            Linkage = linkage,
            IsWeak = isWeak,
        });
    }
}
