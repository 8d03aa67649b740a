using System.Buffers.Binary;
using System.Net;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Engine.Tests.Records;

public class HookRecordTests
{
    [Fact]
    public void Record_reads_back_what_was_put_into_it()
    {
        var bytes = new HookRecordBuilder { Pid = 1, Tid = 2, Start = 3, Time = 4 }
            .Number(-5L).Missing().Text("/etc/passwd", ArgumentFlags.Unresolved | ArgumentFlags.Cut, 0x81a4).Match(9).Match(10, MatchActions.Post | MatchActions.Signal).Build();
        HookRecord.TryRead(bytes, 0b100, out var record).ShouldBeTrue();
        record.Process.ShouldBe(new ProcessId(1, 3));
        record.Tid.ShouldBe(2u);
        record.Time.ShouldBe(4ul);
        record.Hook.ShouldBe((ushort)7);
        record.Generation.ShouldBe(1u);
        record.ArgumentCount.ShouldBe(3);
        record.NumberAt(0).ShouldBe(unchecked((ulong)-5L));
        record.IsCaptured(1).ShouldBeFalse();
        record.IsCaptured(3).ShouldBeFalse();
        record.IsCaptured(-1).ShouldBeFalse();
        record.TryGetBytes(1, out _).ShouldBeFalse();
        record.TryGetBytes(2, out var path).ShouldBeTrue();
        path.SequenceEqual("/etc/passwd"u8).ShouldBeTrue();
        record.FlagsAt(2).ShouldBe(ArgumentFlags.Unresolved | ArgumentFlags.Cut);
        record.ModeAt(2).ShouldBe((ushort)0x81a4);
        record.MatchCount.ShouldBe(2);
        record.Match(0).ShouldBe(new HookMatch(9, MatchActions.Post));
        record.Match(1).ShouldBe(new HookMatch(10, MatchActions.Post | MatchActions.Signal));
    }

    [Fact]
    public void Objects_are_refused_when_they_are_too_short()
    {
        var socket = HookRecordBuilder.Socket(2, IPEndPoint.Parse("10.0.0.1:1"), IPEndPoint.Parse("10.0.0.2:2"));
        HookRecord.TryRead(new HookRecordBuilder().Bytes(socket).Bytes(socket[..^1]).Build(), out var record).ShouldBeTrue();
        record.TryGetValue(0, out SocketValue value).ShouldBeTrue();
        (value.SourcePort, value.DestinationPort, value.Cookie).ShouldBe(((ushort)1, (ushort)2, 99ul));
        value.Destination.V4.SequenceEqual((ReadOnlySpan<byte>)[10, 0, 0, 2]).ShouldBeTrue();
        record.TryGetValue(1, out SocketValue _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, 71u)] // shorter than its header
    [InlineData(0, 1000u)] // longer than what is there
    [InlineData(4, 3u)] // another kind
    [InlineData(68, 33u)] // too many matches
    [InlineData(68, 5u)] // more matches than fit
    [InlineData(70, 17u)] // a table that is too large
    [InlineData(70, 8u)] // a table that does not fit
    [InlineData(72, 71u)] // a value in the header
    [InlineData(72, 84u)] // a value that ends behind the record
    [InlineData(74, 100u)] // a value that is too long
    [InlineData(72, 0xffffu)]
    public void Record_that_contradicts_itself_is_refused(int offset, uint value)
    {
        var bytes = new HookRecordBuilder().Text("abcd").Match(1).Build();
        HookRecord.TryRead(bytes, 1, out _).ShouldBeTrue();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), (ushort)value);
        HookRecord.TryRead(bytes, 1, out var record).ShouldBeFalse();
        record.Exists.ShouldBeFalse();
    }

    [Fact]
    public void Every_cut_record_is_refused()
    {
        var bytes = new HookRecordBuilder().Text("abcd").Match(1).Build();
        for (var length = 0; length < bytes.Length; length++) HookRecord.TryRead(bytes.AsSpan(0, length), out _).ShouldBeFalse();
    }

    [Fact]
    public void Bytes_behind_a_record_do_not_belong_to_it()
    {
        var bytes = new HookRecordBuilder().Text("abcd").Match(5).Build();
        HookRecord.TryRead([.. bytes, 1, 2, 3, 4, 5, 6, 7, 8], out var record).ShouldBeTrue();
        record.Match(0).Rule.ShouldBe(5u);
    }

    [Fact]
    public void Damaged_records_are_read_inside_their_bounds()
    {
        var random = new Random(1);
        var whole = new HookRecordBuilder().Number(1L).Text("abcd").Bytes([1, 0, 0, 0, 2, 0, 0, 0, (byte)'a', (byte)'b']).Match(1).Match(2).Build();
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = whole.ToArray();
            for (var damage = random.Next(1, 4); damage > 0; damage--) bytes[random.Next(64, bytes.Length)] = (byte)random.Next(256);
            if (!HookRecord.TryRead(bytes, (uint)random.Next(0x10000), out var record)) continue;
            for (var k = 0; k < record.ArgumentCount; k++)
            {
                _ = (record.NumberAt(k), record.FlagsAt(k), record.ModeAt(k), record.TryGetBytes(k, out _), record.TryGetValue(k, out DeviceValue _), record.TryGetUnixAddress(k, out _, out _));
            }
            for (var k = 0; k < record.MatchCount; k++) _ = record.Match(k);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var bytes = new HookRecordBuilder().Number(1L).Text("abcd").Match(1).Build();
        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                HookRecord.TryRead(bytes, 0b10, out var record);
                _ = (record.NumberAt(0), record.Match(0), record.TryGetBytes(1, out _));
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Allocated();
        Allocated().ShouldBe(0);
    }
}
