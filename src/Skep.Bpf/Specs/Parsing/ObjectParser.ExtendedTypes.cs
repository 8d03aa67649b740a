namespace Skep.Bpf;

sealed partial class ObjectParser
{
    readonly Dictionary<uint, string> _strings = [];
    readonly Dictionary<uint, string> _trimmedStrings = [];

    delegate void ExtendedRecord(ReadOnlySpan<byte> record, ParsedFunction function, int index);

    /// <summary>Reads the function, line and CO-RE tables of .BTF.ext (Documentation/bpf/btf.rst, section 4).</summary>
    void ReadExtendedTypes()
    {
        var section = _elf.Sections.FirstOrDefault(section => section.Name == ".BTF.ext" && section.HasBits);
        if (section is null || section.Size == 0 || _btf is null) return;
        var data = _elf.Content(section).Span;
        if (data.Length < 24) throw Error($"section .BTF.ext: {data.Length} bytes are too short for a header");
        if (_elf.UInt16(data) != Btf.Magic) throw Error($"section .BTF.ext: bad magic 0x{_elf.UInt16(data):x4}");
        if (data[2] != 1) throw Error($"section .BTF.ext: version {data[2]} is not supported, only 1 is");
        var headerLength = _elf.UInt32(data[4..]);
        if (headerLength < 24 || headerLength > data.Length) throw Error($"section .BTF.ext: header length {headerLength}");

        ReadTable(data, headerLength, 8, 8, "function", FunctionRecord);
        ReadTable(data, headerLength, 16, 16, "line", LineRecord);
        if (headerLength >= 32) ReadTable(data, headerLength, 24, 16, "CO-RE", CoreRecord);
    }

    void ReadTable(ReadOnlySpan<byte> data, uint headerLength, int field, int minimumRecord, string what, ExtendedRecord read)
    {
        var (offset, length) = (_elf.UInt32(data[field..]), _elf.UInt32(data[(field + 4)..]));
        if (length == 0) return;
        if ((ulong)headerLength + offset + length > (ulong)data.Length) throw Error($"section .BTF.ext: the {what} table lies outside the section");
        var table = data.Slice((int)(headerLength + offset), (int)length);
        if (table.Length < 4) throw Error($"section .BTF.ext: the {what} table is cut off");
        var recordSize = _elf.UInt32(table);
        if (recordSize < minimumRecord || recordSize % 4 != 0 || recordSize > table.Length) throw Error($"section .BTF.ext: {what} records of {recordSize} bytes");
        table = table[4..];
        while (!table.IsEmpty)
        {
            if (table.Length < 8) throw Error($"section .BTF.ext: the {what} table is cut off");
            var (nameOffset, count) = (_elf.UInt32(table), _elf.UInt32(table[4..]));
            table = table[8..];
            if (count == 0 || (ulong)count * recordSize > (ulong)table.Length) throw Error($"section .BTF.ext: {count} {what} records do not fit");
            var records = table[..(int)(count * recordSize)];
            table = table[records.Length..];
            ReadRecords(records, (int)recordSize, CodeSection(nameOffset, what), what, read);
        }
    }

    int CodeSection(uint nameOffset, string what)
    {
        var name = CachedString(nameOffset);
        foreach (var index in _functionsBySection.Keys)
        {
            if (_elf.Sections[index].Name == name) return index;
        }
        // A linker may leave records of sections that it dropped; an empty section has no functions.
        return _elf.Sections.Any(section => section.Name == name) ? -1 : throw Error($"section .BTF.ext: the {what} table names section '{name}', which does not exist");
    }

    void ReadRecords(ReadOnlySpan<byte> records, int recordSize, int sectionIndex, string what, ExtendedRecord read)
    {
        if (sectionIndex < 0) return;
        for (; !records.IsEmpty; records = records[recordSize..])
        {
            var offset = _elf.UInt32(records);
            if (offset % 8 != 0) throw Error($"section .BTF.ext: {what} record at offset {offset} of section {_elf.Sections[sectionIndex].Name} is not at an instruction");
            // Records between functions come from code that a linker dropped.
            if (FunctionAt(sectionIndex, offset / 8) is { } function) read(records, function, (int)(offset / 8) - function.Start);
        }
    }

    void FunctionRecord(ReadOnlySpan<byte> record, ParsedFunction function, int index)
    {
        var typeId = _elf.UInt32(record[4..]);
        if (_btf![typeId].Kind != BtfKind.Function) throw Error($"function '{function.Spec.Name}': its BTF type {typeId} is not a function");
        if (index == 0) function.Spec.BtfTypeId = typeId;
    }

    void LineRecord(ReadOnlySpan<byte> record, ParsedFunction function, int index)
    {
        var (file, text, position) = (_elf.UInt32(record[4..]), _elf.UInt32(record[8..]), _elf.UInt32(record[12..]));
        if (!_trimmedStrings.TryGetValue(text, out var trimmed)) _trimmedStrings.Add(text, trimmed = BtfString(text).Trim());
        function.Lines.Add(new LineInfo(index, CachedString(file), trimmed, (int)(position >> 10), (int)(position & 0x3ff), file, text));
    }

    void CoreRecord(ReadOnlySpan<byte> record, ParsedFunction function, int index)
    {
        var typeId = _elf.UInt32(record[4..]);
        _ = _btf![typeId];
        var kind = _elf.UInt32(record[12..]);
        function.CoreRelocations.Add(new CoreRelocation(index, typeId, CachedString(_elf.UInt32(record[8..])), (CoreRelocationKind)kind));
    }

    string CachedString(uint offset)
    {
        if (!_strings.TryGetValue(offset, out var text)) _strings.Add(offset, text = BtfString(offset));
        return text;
    }
}
