using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Skep.Bpf;

/// <summary>
/// What probes need from a 64-bit little-endian executable or shared object: function symbols, segments, sections and pieces of code.
/// Only what is asked for is read; every count and offset is checked against the file's size. Format: System V ABI, chapters 4 and 5.
/// </summary>
sealed class ExecutableFile : IDisposable
{
    const int HeaderSize = 64, SectionHeaderSize = 64, ProgramHeaderSize = 56, SymbolSize = 24;
    const uint SectionSymbols = 2, SectionDynamicSymbols = 11, SectionNoBits = 8, SegmentLoad = 1;
    const int SymbolFunction = 2, SymbolIndirectFunction = 10;
    const int MachineX64 = 62, MachineArm64 = 183;

    readonly SafeFileHandle _file;
    readonly long _length;
    readonly byte[] _header = new byte[HeaderSize];
    Section[]? _sections;
    Segment[]? _segments;

    ExecutableFile(SafeFileHandle file, string path)
    {
        _file = file;
        _length = RandomAccess.GetLength(file);
        Path = path;
    }

    public string Path { get; }

    /// <summary>For as long as the file is open.</summary>
    public int Descriptor => (int)_file.DangerousGetHandle();

    public bool IsX64 => ReadUInt16(_header, 18) == MachineX64;

    public bool IsArm64 => ReadUInt16(_header, 18) == MachineArm64;

    /// <summary>Whether Go built it: Go passes arguments in registers of its own choice.</summary>
    public bool IsGo => FindSection(".go.buildinfo") is not null || FindSection(".gopclntab") is not null;

    /// <summary>The GNU build id in hexadecimal; empty when there is none.</summary>
    public string BuildId
    {
        get
        {
            // A note (chapter 5): sizes of name and description, type, the name "GNU" in four bytes, the description.
            const int header = 16, longest = 64;
            if (FindSection(".note.gnu.build-id") is not { Data: { Length: > header } note }) return "";
            var size = BinaryPrimitives.ReadUInt32LittleEndian(note.AsSpan(4));
            return size <= longest && size <= note.Length - header ? Convert.ToHexStringLower(note.AsSpan(header, (int)size)) : "";
        }
    }

    /// <summary>Opens a file and checks that it is a 64-bit little-endian ELF executable or shared object.</summary>
    /// <exception cref="BpfException">The file cannot be read.</exception>
    /// <exception cref="BpfFormatException">The file is something else.</exception>
    public static ExecutableFile Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BpfException($"cannot read {path}: {error.Message}", error);
        }
        var file = new ExecutableFile(handle, path);
        try
        {
            file.Read(0, file._header, "ELF header");
            var header = file._header;
            if (!header.AsSpan(0, 4).SequenceEqual("\u007fELF"u8)) throw new BpfFormatException($"{path} is not an ELF file");
            if (header[4] != 2 || header[5] != 1) throw new BpfFormatException($"{path} is not 64-bit little-endian");
            if (ReadUInt16(header, 16) is not (2 or 3)) throw new BpfFormatException($"{path} is neither an executable nor a shared object");
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Finds a function by name, in the full symbol table first, then among the dynamic symbols; a version (<c>@…</c>) is ignored.</summary>
    /// <exception cref="BpfFormatException">The file is malformed.</exception>
    public ExecutableSymbol? FindFunction(string name)
    {
        ExecutableSymbol? weak = null;
        foreach (var symbol in Functions())
        {
            if (symbol.Name != name) continue;
            if (!symbol.IsWeak) return symbol;
            weak ??= symbol;
        }
        return weak;
    }

    /// <summary>Every defined function, of both symbol tables.</summary>
    public IEnumerable<ExecutableSymbol> Functions()
    {
        foreach (var section in Sections)
        {
            if (section.Type is not (SectionSymbols or SectionDynamicSymbols)) continue;
            if (section.Link >= (uint)Sections.Length) throw new BpfFormatException($"{Path}: section {section.Name} has no string table");
            var symbols = ReadSection(section);
            var strings = ReadSection(Sections[section.Link]);
            for (var at = 0; at + SymbolSize <= symbols.Length; at += SymbolSize)
            {
                var (info, defined) = (symbols[at + 4], ReadUInt16(symbols, at + 6) != 0);
                var kind = info & 0xf;
                if (!defined || kind is not (SymbolFunction or SymbolIndirectFunction)) continue;
                var name = StringAt(strings, BinaryPrimitives.ReadUInt32LittleEndian(symbols.AsSpan(at)));
                var version = name.IndexOf('@', StringComparison.Ordinal);
                yield return new ExecutableSymbol(
                    version > 0 ? name[..version] : name,
                    BinaryPrimitives.ReadUInt64LittleEndian(symbols.AsSpan(at + 8)),
                    BinaryPrimitives.ReadUInt64LittleEndian(symbols.AsSpan(at + 16)),
                    IsWeak: info >> 4 == 2,
                    IsIndirect: kind == SymbolIndirectFunction);
            }
        }
    }

    /// <summary>The offset in the file that is loaded at a virtual address; null when no segment covers it.</summary>
    public ulong? FileOffset(ulong address)
    {
        foreach (var segment in Segments)
        {
            if (address - segment.Address < segment.FileSize && address >= segment.Address) return address - segment.Address + segment.Offset;
        }
        return null;
    }

    /// <summary>The virtual address at which a file offset is loaded; null when none.</summary>
    public ulong? Address(ulong fileOffset)
    {
        foreach (var segment in Segments)
        {
            if (fileOffset >= segment.Offset && fileOffset - segment.Offset < segment.FileSize) return fileOffset - segment.Offset + segment.Address;
        }
        return null;
    }

    /// <summary>Up to <paramref name="count"/> bytes at a file offset, fewer at the end of the file.</summary>
    public byte[] ReadCode(ulong fileOffset, int count)
    {
        if (fileOffset >= (ulong)_length) return [];
        var bytes = new byte[(int)Math.Min((ulong)count, (ulong)_length - fileOffset)];
        Read((long)fileOffset, bytes, "code");
        return bytes;
    }

    /// <summary>A section's address and content, or null when there is none of that name.</summary>
    public (ulong Address, byte[] Data)? FindSection(string name)
    {
        foreach (var section in Sections)
        {
            if (section.Name == name) return (section.Address, section.Type == SectionNoBits ? [] : ReadSection(section));
        }
        return null;
    }

    /// <summary>Every section of a name; notes may be spread over several.</summary>
    public IEnumerable<byte[]> FindSections(string name) => Sections.Where(s => s.Name == name).Select(ReadSection);

    public void Dispose() => _file.Dispose();

    Section[] Sections => _sections ??= ReadSections();

    Segment[] Segments => _segments ??= ReadSegments();

    Section[] ReadSections()
    {
        var offset = BinaryPrimitives.ReadUInt64LittleEndian(_header.AsSpan(40));
        if (offset == 0) return [];
        var (size, count, names) = (ReadUInt16(_header, 58), (int)ReadUInt16(_header, 60), (uint)ReadUInt16(_header, 62));
        if (size != SectionHeaderSize) throw new BpfFormatException($"{Path}: section headers of {size} bytes");
        var first = Read(offset, SectionHeaderSize, "section headers");
        // Counts too large for the header are in the first section header.
        if (count == 0) count = checked((int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(first.AsSpan(32)), int.MaxValue / SectionHeaderSize));
        if (names == 0xffff) names = BinaryPrimitives.ReadUInt32LittleEndian(first.AsSpan(40));
        var table = Read(offset, (ulong)count * SectionHeaderSize, "section headers");
        var sections = new Section[count];
        for (var i = 0; i < count; i++)
        {
            var entry = table.AsSpan(i * SectionHeaderSize, SectionHeaderSize);
            sections[i] = new Section(
                "", BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[40..]));
        }
        if (names >= (uint)count) return sections;
        var strings = ReadSection(sections[names]);
        for (var i = 0; i < count; i++)
        {
            sections[i] = sections[i] with { Name = StringAt(strings, BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(i * SectionHeaderSize))) };
        }
        return sections;
    }

    Segment[] ReadSegments()
    {
        var (offset, size, count) = (BinaryPrimitives.ReadUInt64LittleEndian(_header.AsSpan(32)), ReadUInt16(_header, 54), (int)ReadUInt16(_header, 56));
        if (count == 0) return [];
        if (size != ProgramHeaderSize) throw new BpfFormatException($"{Path}: program headers of {size} bytes");
        var table = Read(offset, (ulong)count * ProgramHeaderSize, "program headers");
        var segments = new List<Segment>();
        for (var i = 0; i < count; i++)
        {
            var entry = table.AsSpan(i * ProgramHeaderSize, ProgramHeaderSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != SegmentLoad) continue;
            segments.Add(new Segment(
                BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[32..])));
        }
        return [.. segments];
    }

    byte[] ReadSection(Section section) => Read(section.Offset, section.Size, $"section {section.Name}");

    byte[] Read(ulong offset, ulong count, string what)
    {
        if (offset > (ulong)_length || count > (ulong)_length - offset || count > int.MaxValue) throw new BpfFormatException($"{Path}: {what} is outside the file");
        var bytes = new byte[(int)count];
        Read((long)offset, bytes, what);
        return bytes;
    }

    void Read(long offset, Span<byte> buffer, string what)
    {
        while (!buffer.IsEmpty)
        {
            var count = RandomAccess.Read(_file, buffer, offset);
            if (count == 0) throw new BpfFormatException($"{Path}: {what} is cut off");
            buffer = buffer[count..];
            offset += count;
        }
    }

    static string StringAt(byte[] strings, uint offset)
    {
        if (offset >= (uint)strings.Length) return "";
        var tail = strings.AsSpan((int)offset);
        var end = tail.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? tail : tail[..end]);
    }

    static ushort ReadUInt16(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(offset));

    readonly record struct Section(string Name, uint Type, ulong Address, ulong Offset, ulong Size, uint Link);

    readonly record struct Segment(ulong Offset, ulong Address, ulong FileSize);
}
