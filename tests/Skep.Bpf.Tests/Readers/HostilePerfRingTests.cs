using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Interop;
using Xunit;

namespace Skep.Bpf.Tests;

public sealed class HostilePerfRingTests : IDisposable
{
    const ulong Size = 4096;

    readonly MemoryMapping _mapping = MemoryMapping.Anonymous((nuint)(Size + (ulong)Environment.SystemPageSize));
    readonly PerfRingView _view;
    readonly PerfRing _ring;

    public HostilePerfRingTests()
    {
        _view = new PerfRingView(_mapping, Size);
        _ring = new PerfRing(3, _view, timed: false, _mapping);
    }

    public void Dispose() => _ring.Dispose();

    void Put(ulong position, uint type, ushort size, params ReadOnlySpan<uint> body)
    {
        Span<byte> header = stackalloc byte[8];
        MemoryMarshal.Write(header, new PerfRecordHeader(type, 0, size));
        _view.Write(position, header);
        _view.Write(position + 8, MemoryMarshal.AsBytes(body));
        _view.Head = position + size;
    }

    [Fact]
    public void A_sample_is_read_also_where_it_wraps()
    {
        for (var position = 0ul; position < 3 * Size; position += 24)
        {
            Put(position, PerfRecordHeader.Sample, 24, 12, (uint)position, 2, 3);
            _ring.Begin();
            _ring.TryPeek(out _, out var record, out var size).ShouldBeTrue();
            record.Length.ShouldBe(12);
            MemoryMarshal.Read<uint>(record).ShouldBe((uint)position);
            _ring.Advance(size);
            _ring.TryPeek(out _, out _, out _).ShouldBeFalse();
            _ring.Commit();
            _view.Tail.ShouldBe(position + 24);
        }
    }

    [Fact]
    public void A_loss_record_is_counted()
    {
        Put(0, PerfRecordHeader.Lost, 24, 0, 0, 99, 0);
        _ring.Begin();
        _ring.TryPeek(out _, out _, out _).ShouldBeFalse();
        (_ring.Lost, _ring.NewlyLost).ShouldBe((99, 99ul));
    }

    [Theory]
    [InlineData(PerfRecordHeader.Sample, 0, 0u)]
    [InlineData(PerfRecordHeader.Sample, 12, 0u)]
    [InlineData(PerfRecordHeader.Sample, 8, 0u)]
    [InlineData(PerfRecordHeader.Sample, 24, 13u)]
    [InlineData(PerfRecordHeader.Sample, 24, uint.MaxValue)]
    [InlineData(PerfRecordHeader.Lost, 16, 0u)]
    public void A_record_that_makes_no_sense_is_skipped_and_reported(uint type, ushort size, uint length)
    {
        Put(0, type, size, length);
        _view.Head = 64;
        _ring.Begin();
        Should.Throw<BpfFormatException>(() => _ring.TryPeek(out _, out _, out _)).Message.ShouldContain("CPU 3");
        (_ring.Corrupt, _view.Tail).ShouldBe((1, 64ul));
    }

    [Fact]
    public void A_head_beyond_the_ring_is_skipped_and_reported()
    {
        _view.Head = Size + 8;
        Should.Throw<BpfFormatException>(_ring.Begin);
        _ring.Begin();
        _ring.TryPeek(out _, out _, out _).ShouldBeFalse();
    }
}
