using System.Buffers.Binary;
using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests;

public class BtfParseTests
{
    static byte[] Valid() => BtfText.Build(VectorFile.Text("btf.txt")).Serialise(ByteOrder.Little);

    [Fact]
    public void Parse_names_what_is_wrong_with_a_blob_that_is_too_short() =>
        Should.Throw<BpfFormatException>(() => Btf.Parse(new byte[3], "short")).Message.ShouldContain("short");

    [Theory]
    [InlineData(0, 0x1234u, "magic")]
    [InlineData(2, 7u, "version")]
    [InlineData(4, 8u, "header length")]
    [InlineData(4, 0x7fffffffu, "header length")]
    [InlineData(8, 0xfffffffcu, "type section")]
    [InlineData(8, 2u, "type section")]
    [InlineData(12, 0x7fffffffu, "type section")]
    [InlineData(12, 14u, "cut off")]
    [InlineData(16, 0xffffffffu, "string section")]
    [InlineData(20, 0xffffffffu, "string section")]
    [InlineData(20, 3u, "NUL-terminated")]
    [InlineData(20, 0u, "empty string")]
    [InlineData(28, 0x1f000000u, "unknown kind 31")]
    [InlineData(28, 0x00000000u, "unknown kind 0")]
    [InlineData(28, 0x0400ffffu, "cut off")]
    public void Parse_names_what_is_wrong_with_a_field(int offset, uint value, string reason)
    {
        var blob = Valid();
        if (offset is 0) BinaryPrimitives.WriteUInt16LittleEndian(blob, (ushort)value);
        else if (offset is 2) blob[2] = (byte)value;
        else BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(offset), value);
        Should.Throw<BpfFormatException>(() => Btf.Parse(blob, "damaged")).Message.ShouldSatisfyAllConditions(message => message.ShouldContain(reason), message => message.ShouldContain("damaged"));
    }

    [Fact]
    public void Parse_reads_a_slice_of_a_larger_buffer_in_place()
    {
        var blob = Valid();
        var buffer = new byte[blob.Length + 100];
        blob.CopyTo(buffer, 50);
        var btf = Btf.Parse(buffer.AsMemory(50, blob.Length));
        BtfText.List(btf).ShouldBe(VectorFile.Text("btf.txt"));
        btf.Data.SequenceEqual(blob).ShouldBeTrue();
    }

    [Fact]
    public void FromFile_reads_raw_blobs_and_elf_objects()
    {
        var fixture = Path.Combine(AppContext.BaseDirectory, "fixtures", "core_target.bpf.o");
        Btf.FromFile(fixture).TryFind("moved", BtfKind.Struct, out var moved).ShouldBeTrue();
        moved.Count.ShouldBe(8);

        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Valid());
            Btf.FromFile(path).TryFind("node", out var node).ShouldBeTrue();
            node.Id.ShouldBe(7u);
            File.WriteAllBytes(path, []);
            Should.Throw<BpfFormatException>(() => Btf.FromFile(path));
        }
        finally
        {
            File.Delete(path);
        }
        Should.Throw<BpfException>(() => Btf.FromFile("/no/such/file")).Message.ShouldContain("/no/such/file");
    }

    [Fact]
    public void SizeOf_refuses_what_has_no_size_or_no_end()
    {
        var btf = BtfText.Parse("""
            [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
            [2] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=10
            [3] TYPEDEF 'loop' type_id=4
            [4] CONST '(anon)' type_id=3
            [5] ARRAY '(anon)' type_id=5 index_type_id=1 nr_elems=1
            [6] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=4294967295
            [7] FWD 'unknown' fwd_kind=struct
            [8] PTR '(anon)' type_id=99
            """);
        btf.SizeOf(2).ShouldBe(40u);
        btf.SizeOf(8).ShouldBe(8u);
        foreach (uint id in new uint[] { 0, 3, 5, 6, 7, 99 }) Should.Throw<BpfFormatException>(() => btf.SizeOf(id));
        Should.Throw<BpfFormatException>(() => btf.Resolve(3));
        Should.Throw<BpfFormatException>(() => btf[1].ElementCount);
        Should.Throw<BpfFormatException>(() => btf[0].ElementCount);
    }

    [Fact]
    public void FindAll_lists_every_type_of_a_name_and_TryFind_the_first_of_a_kind()
    {
        var btf = BtfText.Parse("""
            [1] STRUCT 'x' size=4 vlen=0
            [2] FWD 'x' fwd_kind=struct
            [3] TYPEDEF 'x___flavour' type_id=1
            [4] TYPEDEF 'x' type_id=1
            """);
        for (var i = 0; i < 20; i++)
        {
            // The first lookups scan, the later ones use the index.
            btf.FindAll("x").Select(type => type.Id).ShouldBe([1u, 2u, 4u]);
            btf.TryFind("x", BtfKind.Typedef, out var type).ShouldBeTrue();
            type.Id.ShouldBe(4u);
            btf.TryFind("", out _).ShouldBeFalse();
            btf.TryFind("y", out _).ShouldBeFalse();
        }
    }
}
