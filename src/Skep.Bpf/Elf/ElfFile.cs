using System.Buffers.Binary;
using System.Text;

namespace Skep.Bpf;

/// <summary>
/// The frame of a 64-bit relocatable BPF object in either byte order: sections, symbols, relocations. Everything that is reached through it
/// lies within the file, sections do not overlap, and decoded names together stay within a small multiple of the file's size, so that a
/// hostile file cannot make a reader use memory out of proportion.
/// </summary>
sealed class ElfFile
{
    const int HeaderSize = 64;
    const int SectionHeaderSize = 64;
    const int SymbolSize = 24;
    const int RelocationSize = 16;
    const ushort BpfMachine = 247;
    const ushort RelocatableType = 1;

    readonly ReadOnlyMemory<byte> _data;
    long _nameBudget;

    ElfFile(ReadOnlyMemory<byte> data, string name, bool isBigEndian)
    {
        _data = data;
        Name = name;
        IsBigEndian = isBigEndian;
        _nameBudget = 8L * data.Length + 0x10000;
        Sections = ReadSections();
        CheckOverlap();
        Symbols = ReadSymbols();
    }

    /// <summary>Name of the object, for messages.</summary>
    public string Name { get; }

    public bool IsBigEndian { get; }

    /// <summary>All sections by index; index 0 is the null section.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>All symbols by index; empty for a stripped file.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <exception cref="BpfFormatException">The file is not a BPF object or is malformed.</exception>
    public static ElfFile Parse(ReadOnlyMemory<byte> data, string name)
    {
        var span = data.Span;
        if (span.Length < HeaderSize || !span.StartsWith("\x7f"u8) || !span[1..].StartsWith("ELF"u8)) throw new BpfFormatException($"object {name}: not an ELF file");
        if (span[4] != 2) throw new BpfFormatException($"object {name}: ELF class {span[4]}; BPF objects are 64-bit (class 2)");
        if (span[5] is not (1 or 2)) throw new BpfFormatException($"object {name}: ELF data encoding {span[5]} is neither little- nor big-endian");
        return new ElfFile(data, name, isBigEndian: span[5] == 2);
    }

    /// <summary>The bytes of a section; empty for a section without bits.</summary>
    public ReadOnlyMemory<byte> Content(ElfSection section) => section.HasBits ? _data.Slice(section.Offset, (int)section.Size) : default;

    public ushort UInt16(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    public uint UInt32(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    public ulong UInt64(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    /// <summary>The relocations of a relocation section, in file order.</summary>
    public ElfRelocation[] Relocations(ElfSection section)
    {
        var content = Content(section).Span;
        if (content.Length % RelocationSize != 0) throw Error($"section {section.Name}: size {content.Length} is not a multiple of {RelocationSize}");
        var relocations = new ElfRelocation[content.Length / RelocationSize];
        for (var i = 0; i < relocations.Length; i++)
        {
            var entry = content[(i * RelocationSize)..];
            var info = UInt64(entry[8..]);
            relocations[i] = new ElfRelocation(UInt64(entry), (ElfRelocationType)(uint)info, (uint)(info >> 32));
        }
        return relocations;
    }

    /// <summary>The symbol that a relocation refers to.</summary>
    public ElfSymbol SymbolOf(ElfRelocation relocation, ElfSection section) => relocation.SymbolIndex < (uint)Symbols.Count
        ? Symbols[(int)relocation.SymbolIndex]
        : throw Error($"section {section.Name}: relocation at 0x{relocation.Offset:x} refers to symbol {relocation.SymbolIndex}, there are {Symbols.Count}");

    /// <summary>The section that a defined symbol lies in.</summary>
    public ElfSection SectionOf(ElfSymbol symbol) => symbol.IsDefined && symbol.SectionIndex < Sections.Count
        ? Sections[symbol.SectionIndex]
        : throw Error($"symbol '{symbol.Name}': section index {symbol.SectionIndex} is out of range");

    public BpfFormatException Error(string what) => new($"object {Name}: {what}");

    ElfSection[] ReadSections()
    {
        var span = _data.Span;
        var type = UInt16(span[16..]);
        var machine = UInt16(span[18..]);
        if (machine != BpfMachine) throw Error($"ELF machine {machine}; BPF objects have {BpfMachine} (EM_BPF)");
        if (type != RelocatableType) throw Error($"ELF type {type}; BPF objects are relocatable files (type 1)");

        var start = UInt64(span[40..]);
        if (start == 0) return [];
        var entrySize = UInt16(span[58..]);
        if (entrySize != SectionHeaderSize) throw Error($"section headers of {entrySize} bytes; {SectionHeaderSize} expected");
        if (start > (ulong)span.Length || (ulong)span.Length - start < SectionHeaderSize) throw Error("section header table lies outside the file");
        var first = span[(int)start..];
        // Files with 0xff00 sections or more keep the numbers in the null section (gABI, "Extended section header").
        ulong count = UInt16(span[60..]);
        if (count == 0) count = UInt64(first[32..]);
        uint nameTable = UInt16(span[62..]);
        if (nameTable == 0xffff) nameTable = UInt32(first[40..]);
        if (count > (ulong)first.Length / SectionHeaderSize) throw Error($"{count} section headers do not fit in the file");
        if (nameTable >= count) throw Error($"section name table index {nameTable} is out of range");

        var names = ReadSection(first[(int)(nameTable * SectionHeaderSize)..], (int)nameTable, default);
        if (names.Type != ElfSectionType.StringTable) throw Error($"section {nameTable} holds the section names and is not a string table");
        var table = Content(names).Span;
        var sections = new ElfSection[(int)count];
        for (var i = 0; i < sections.Length; i++)
        {
            sections[i] = ReadSection(first[(i * SectionHeaderSize)..], i, table);
        }
        return sections;
    }

    ElfSection ReadSection(ReadOnlySpan<byte> header, int index, ReadOnlySpan<byte> names)
    {
        var name = names.IsEmpty ? "" : ReadName(names, UInt32(header), $"name of section {index}");
        var type = (ElfSectionType)UInt32(header[4..]);
        var offset = UInt64(header[24..]);
        var size = UInt64(header[32..]);
        var hasBits = type is not (ElfSectionType.Null or ElfSectionType.NoBits);
        if (hasBits && (offset > (ulong)_data.Length || size > (ulong)_data.Length - offset))
        {
            throw Error($"section {index} '{name}' ({size} bytes at 0x{offset:x}) lies outside the file");
        }
        if (size > int.MaxValue) throw Error($"section {index} '{name}' has {size} bytes");
        return new ElfSection(index, name, type, UInt64(header[8..]), hasBits ? (int)offset : 0, (long)size, UInt32(header[40..]), UInt32(header[44..]), UInt64(header[48..]));
    }

    void CheckOverlap()
    {
        var byOffset = Sections.Where(section => section.HasBits && section.Size > 0).OrderBy(section => section.Offset).ToList();
        for (var i = 1; i < byOffset.Count; i++)
        {
            var (before, after) = (byOffset[i - 1], byOffset[i]);
            if (before.Offset + before.Size > after.Offset)
            {
                throw Error($"sections {before.Index} '{before.Name}' and {after.Index} '{after.Name}' overlap");
            }
        }
    }

    ElfSymbol[] ReadSymbols()
    {
        var tables = Sections.Where(section => section.Type == ElfSectionType.SymbolTable).ToList();
        if (tables.Count == 0) return [];
        if (tables.Count > 1) throw Error($"{tables.Count} symbol tables, one expected");
        var content = Content(tables[0]).Span;
        if (content.Length % SymbolSize != 0) throw Error($"symbol table of {content.Length} bytes is not a multiple of {SymbolSize}");
        if (tables[0].Link >= (uint)Sections.Count || Sections[(int)tables[0].Link] is not { Type: ElfSectionType.StringTable } strings)
        {
            throw Error($"symbol table refers to section {tables[0].Link}, which is not a string table");
        }
        var names = Content(strings).Span;
        var symbols = new ElfSymbol[content.Length / SymbolSize];
        for (var i = 0; i < symbols.Length; i++)
        {
            var entry = content[(i * SymbolSize)..];
            var name = UInt32(entry) is var offset && offset == 0 ? "" : ReadName(names, offset, $"name of symbol {i}");
            symbols[i] = new ElfSymbol(name, UInt64(entry[8..]), UInt64(entry[16..]), entry[4], entry[5], UInt16(entry[6..]));
        }
        return symbols;
    }

    string ReadName(ReadOnlySpan<byte> table, uint offset, string what)
    {
        if (offset >= (uint)table.Length) throw Error($"{what}: offset {offset} is outside the string table of {table.Length} bytes");
        var tail = table[(int)offset..];
        var length = tail.IndexOf((byte)0);
        if (length < 0) throw Error($"{what}: not terminated in the string table");
        return Decode(tail[..length]);
    }

    /// <summary>Decodes a string and charges it to the budget that keeps names in proportion to the file.</summary>
    public string Decode(ReadOnlySpan<byte> utf8)
    {
        _nameBudget -= utf8.Length;
        if (_nameBudget < 0) throw Error("names overlap so much that they are larger than the file");
        return Encoding.UTF8.GetString(utf8);
    }
}
