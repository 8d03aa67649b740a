using System.Buffers.Binary;

namespace Skep.Bpf;

sealed partial class ObjectParser
{
    Btf? _btf;
    readonly Dictionary<(int Section, string Name), ElfSymbol> _variableSymbols = [];
    readonly Dictionary<string, BtfType> _dataSections = new(StringComparer.Ordinal);

    /// <summary>
    /// Reads .BTF and completes it: a compiler leaves the sizes of data sections and the offsets of global variables at zero and the
    /// kernel wants them (kernel/bpf/btf.c: btf_datasec_check_meta).
    /// </summary>
    void ReadTypes()
    {
        foreach (var symbol in _elf.Symbols)
        {
            if (symbol.IsDefined && symbol.Type is ElfSymbolType.Object or ElfSymbolType.None && symbol.Name.Length > 0)
            {
                if (symbol.SectionIndex < _roles.Length && _roles[symbol.SectionIndex] != SectionRole.Code) _variableSymbols.TryAdd((symbol.SectionIndex, symbol.Name), symbol);
            }
        }
        var section = _elf.Sections.FirstOrDefault(section => section.Name == ".BTF" && section.HasBits);
        if (section is null || section.Size == 0) return;
        var data = _elf.Content(section).ToArray();
        _btf = Btf.Parse(data, _elf.Name);
        _spec.Btf = _btf;

        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (var symbol in _elf.Symbols)
        {
            if (symbol is { IsHidden: true, IsLocal: false, Type: ElfSymbolType.Function }) hidden.Add(symbol.Name);
        }
        for (var id = _btf.FirstId; id < _btf.Count; id++)
        {
            var type = _btf[id];
            if (type.Kind == BtfKind.DataSection)
            {
                _dataSections.TryAdd(NameOf(type), type);
                CompleteDataSection(data, type);
            }
            else if (type.Kind == BtfKind.Function && type.Linkage == Linkage.Global && hidden.Count > 0 && hidden.Contains(NameOf(type)))
            {
                Write(data, _btf.OffsetOf(id) + 4, (uint)BtfKind.Function << 24 | (uint)Linkage.Static);
            }
        }
    }

    /// <summary>A type's name, charged to the object's budget for names.</summary>
    string NameOf(BtfType type) => _elf.Decode(type.Utf8Name);

    string BtfString(uint offset) => _elf.Decode(_btf!.Utf8At(offset));

    int SizeOf(uint typeId, string what)
    {
        try
        {
            var size = _btf!.SizeOf(typeId);
            if (size <= int.MaxValue) return (int)size;
        }
        catch (OverflowException)
        {
        }
        throw Error($"{what}: its type {typeId} is too large");
    }

    void CompleteDataSection(byte[] data, BtfType type)
    {
        var name = NameOf(type);
        if (name is ".ksyms" or ".kconfig") return;
        var section = _elf.Sections.FirstOrDefault(section => section.Name == name && section.HoldsData);
        if (section is null) return;
        var head = _btf!.OffsetOf(type.Id);
        Write(data, head + 8, (uint)section.Size);
        var variables = head + BtfType.HeadSize;
        for (var i = 0; i < type.Count; i++)
        {
            var entry = type.SectionVariable(i);
            var variable = _btf[entry.TypeId];
            if (variable.Kind != BtfKind.Variable || variable.Linkage == Linkage.Extern) continue;
            // Offsets of static variables are in place already, and their names need not be unique after linking.
            if (variable.Linkage == Linkage.Static || !_variableSymbols.TryGetValue((section.Index, NameOf(variable)), out var symbol)) continue;
            Write(data, variables + 12 * i + 4, checked((uint)Math.Min(symbol.Value, uint.MaxValue)));
            if (symbol.IsHidden) Write(data, _btf.OffsetOf(entry.TypeId) + BtfType.HeadSize, (uint)Linkage.Static);
        }
        SortByOffset(data, type);
    }

    static void SortByOffset(byte[] data, BtfType type)
    {
        var entries = Enumerable.Range(0, type.Count).Select(type.SectionVariable).ToArray();
        Array.Sort(entries.Select(entry => entry.Offset).ToArray(), entries);
        var at = type.Btf.OffsetOf(type.Id) + BtfType.HeadSize;
        var bigEndian = type.Btf.ByteOrder == ByteOrder.Big;
        foreach (var entry in entries)
        {
            Write(data, at, entry.TypeId, bigEndian);
            Write(data, at + 4, entry.Offset, bigEndian);
            Write(data, at + 8, entry.Size, bigEndian);
            at += 12;
        }
    }

    void Write(byte[] data, int offset, uint value) => Write(data, offset, value, _btf!.ByteOrder == ByteOrder.Big);

    static void Write(byte[] data, int offset, uint value, bool bigEndian)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(offset), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(offset), value);
    }
}
