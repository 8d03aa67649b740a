using System.Buffers.Binary;
using System.Text;
using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

/// <summary>Damage of every kind, one at a time: each is refused with the object, and the section or symbol where there is one.</summary>
public class ElfFormatTests
{
    readonly byte[] _file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "maps.bpf.o"));

    [Fact]
    public void Parse_refuses_what_is_not_ELF() => Refusal(() => _file[0] = 0).ShouldContain("not an ELF file");

    [Fact]
    public void Parse_refuses_32_bit_objects() => Refusal(() => _file[4] = 1).ShouldContain("64-bit");

    [Fact]
    public void Parse_refuses_an_unknown_byte_order() => Refusal(() => _file[5] = 3).ShouldContain("encoding 3");

    [Fact]
    public void Parse_refuses_the_wrong_byte_order() => Refusal(() => _file[5] = 2).ShouldContain("machine");

    [Fact]
    public void Parse_refuses_objects_of_other_machines() => Refusal(() => Put16(18, 62)).ShouldContain("machine 62");

    [Fact]
    public void Parse_refuses_executables() => Refusal(() => Put16(16, 2)).ShouldContain("type 2");

    [Fact]
    public void Parse_refuses_a_section_table_outside_the_file() => Refusal(() => Put64(40, (ulong)_file.Length)).ShouldContain("section header table");

    [Fact]
    public void Parse_refuses_more_section_headers_than_fit() => Refusal(() => Put16(60, 0xfeff)).ShouldContain("do not fit");

    [Fact]
    public void Parse_refuses_a_huge_extended_count_of_sections() => Refusal(() =>
    {
        Put16(60, 0);
        Put64(Header(0) + 32, ulong.MaxValue / 64);
    }).ShouldContain("do not fit");

    [Fact]
    public void Parse_refuses_a_section_that_leaves_the_file() => Refusal(() => Put64(Header(".maps") + 32, 1 << 20)).ShouldContain("'.maps' (1048576 bytes");

    [Fact]
    public void Parse_refuses_a_section_offset_that_overflows() => Refusal(() => Put64(Header(".maps") + 24, ulong.MaxValue - 3)).ShouldContain("'.maps'");

    [Fact]
    public void Parse_refuses_sections_that_overlap() =>
        Refusal(() => Put64(Header(".BTF") + 24, Get64(Header(".maps") + 24))).ShouldContain("overlap");

    [Fact]
    public void Parse_refuses_a_string_table_without_end() => Refusal(() =>
    {
        var strings = Header(Get16(62));
        _file[(int)Get64(strings + 24) + (int)Get64(strings + 32) - 1] = (byte)'x';
        Put32(Header(".maps"), (uint)Get64(strings + 32) - 1);
    }).ShouldContain("not terminated");

    [Fact]
    public void Parse_refuses_a_symbol_name_outside_the_string_table() => Refusal(() => Put32(Symbol("use_maps"), 0x7fffffff)).ShouldContain("outside the string table");

    [Fact]
    public void Parse_refuses_a_function_outside_its_section_and_names_it() => Refusal(() => Put64(Symbol("use_maps") + 16, 1 << 20)).ShouldContain("function 'use_maps'");

    [Fact]
    public void Parse_refuses_a_function_in_a_section_that_does_not_exist_and_names_it() => Refusal(() => Put16(Symbol("use_maps") + 6, 200)).ShouldContain("'use_maps': section index 200");

    [Fact]
    public void Parse_refuses_an_unknown_relocation_type_and_names_the_function() => Refusal(() => Put32(CodeRelocation() + 8, 77)).ShouldContain("function 'use_maps' in section raw_tp/sys_enter: instruction");

    [Fact]
    public void Parse_refuses_a_relocation_of_a_symbol_that_does_not_exist() => Refusal(() => Put32(CodeRelocation() + 12, 5000)).ShouldContain("refers to symbol 5000");

    [Fact]
    public void Parse_refuses_a_relocation_outside_the_code() => Refusal(() => Put64(CodeRelocation(), 1 << 20)).ShouldContain("lies in no function");

    [Fact]
    public void Parse_refuses_a_reference_between_two_maps() => Refusal(() =>
        Put32((int)(Get64(Header("raw_tp/sys_enter") + 24) + Get64(CodeRelocation())) + 4, 4)).ShouldContain("+ 4, which is not a map");

    [Fact]
    public void Parse_refuses_map_definitions_without_BTF() => Refusal(() => Put64(Header(".BTF") + 32, 0)).ShouldContain("need BTF");

    string Refusal(Action damage)
    {
        damage();
        var message = Should.Throw<BpfFormatException>(() => ObjectSpec.Parse(_file, "hurt")).Message;
        message.ShouldStartWith("object hurt: ");
        return message;
    }

    int Header(int index) => (int)Get64(40) + index * 64;

    int Header(string name)
    {
        var names = (int)Get64(Header(Get16(62)) + 24);
        for (var i = 0; i < Get16(60); i++)
        {
            if (NameAt(names + (int)Get32(Header(i))) == name) return Header(i);
        }
        throw new ArgumentException(name);
    }

    int Symbol(string name)
    {
        var table = Header(".symtab");
        var names = (int)Get64(Header((int)Get32(table + 40)) + 24);
        for (var at = (int)Get64(table + 24); at < (int)(Get64(table + 24) + Get64(table + 32)); at += 24)
        {
            if (NameAt(names + (int)Get32(at)) == name) return at;
        }
        throw new ArgumentException(name);
    }

    int CodeRelocation() => (int)Get64(Header(".relraw_tp/sys_enter") + 24);

    string NameAt(int offset) => Encoding.ASCII.GetString(_file.AsSpan(offset)[.._file.AsSpan(offset).IndexOf((byte)0)]);

    ushort Get16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(offset));

    uint Get32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan(offset));

    ulong Get64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_file.AsSpan(offset));

    void Put16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_file.AsSpan(offset), value);

    void Put32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_file.AsSpan(offset), value);

    void Put64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_file.AsSpan(offset), value);
}
