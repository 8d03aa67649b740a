using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Tests;

/// <summary>The sections, types and CO-RE records of a compiled fixture, read just far enough for tests of BTF and CO-RE alone.</summary>
sealed class FixtureObject
{
    readonly Dictionary<string, byte[]> _sections = [];

    public FixtureObject(string name)
    {
        var elf = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", name + ".bpf.o"));
        var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(40));
        var count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(60));
        var names = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(62));
        var strings = Content(elf, table, names);
        for (var i = 1; i < count; i++)
        {
            var nameOffset = (int)BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(table + i * 64));
            if (BinaryPrimitives.ReadUInt32LittleEndian(elf.AsSpan(table + i * 64 + 4)) == 8) continue;
            _sections[Text(strings.AsSpan(nameOffset))] = Content(elf, table, i);
        }
        Btf = Btf.Parse(_sections[".BTF"], name);
    }

    public Btf Btf { get; }

    public Instruction[] Code(string section) => MemoryMarshal.Cast<byte, Instruction>(_sections[section]).ToArray();

    public Dictionary<string, List<CoreRelocation>> CoreRelocations()
    {
        var data = _sections[".BTF.ext"].AsSpan();
        uint Word(ReadOnlySpan<byte> at, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(at[offset..]);
        var records = data.Slice((int)(Word(data, 4) + Word(data, 24)), (int)Word(data, 28));
        var size = (int)Word(records, 0);
        var bySection = new Dictionary<string, List<CoreRelocation>>();
        for (records = records[4..]; records.Length > 0;)
        {
            var list = bySection[Btf.StringAt(Word(records, 0))] = [];
            var count = (int)Word(records, 4);
            records = records[8..];
            for (; count > 0; count--, records = records[size..])
                list.Add(new((int)Word(records, 0) / 8, Word(records, 4), Btf.StringAt(Word(records, 8)), (CoreRelocationKind)Word(records, 12)));
        }
        return bySection;
    }

    static byte[] Content(byte[] elf, int table, int index)
    {
        var header = elf.AsSpan(table + index * 64);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) == 8) return [];
        var offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        return elf.AsSpan(offset, (int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..])).ToArray();
    }

    static string Text(ReadOnlySpan<byte> at) => Encoding.UTF8.GetString(at[..at.IndexOf((byte)0)]);
}
