using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Interop;
using Xunit;

namespace Skep.Bpf.Tests;

public sealed class HostileRingTests : IDisposable
{
    const uint Size = 4096;

    readonly RingMemory _memory = RingMemory.Private(Size);
    readonly RingBuffer _ring;

    public HostileRingTests() => _ring = new RingBuffer(_memory, "hostile");

    public void Dispose() => _ring.Dispose();

    void Put(ulong position, uint header, ulong producer)
    {
        var view = _memory.View;
        MemoryMarshal.Write(HeaderBytes(view, position), header);
        view.ProducerPosition = producer;
    }

    static Span<byte> HeaderBytes(RingView view, ulong position)
    {
        // The header lies before the record's bytes.
        var record = view.Record(position, 0);
        return MemoryMarshal.CreateSpan(ref System.Runtime.CompilerServices.Unsafe.Subtract(ref MemoryMarshal.GetReference(record), RingView.HeaderSize), 4);
    }

    [Fact]
    public void A_good_record_is_read()
    {
        Put(0, 16, 24);
        _ring.Consume(record => record.Length.ShouldBe(16)).ShouldBe(1);
    }

    [Theory]
    [InlineData(0x3fff_ffffu, 24ul)]
    [InlineData(17u, 24ul)]
    [InlineData(4096u, 4096ul)]
    [InlineData(0x4000_0000u | 100u, 24ul)]
    public void A_length_beyond_what_is_in_use_is_skipped_and_reported(uint header, ulong producer)
    {
        Put(0, header, producer);
        Should.Throw<BpfFormatException>(() => _ring.Consume(_ => { })).Message.ShouldContain("hostile");
        _ring.Statistics.Corrupt.ShouldBe(1);
        _ring.Consume(_ => { }).ShouldBe(0);
        Put(producer, 8, producer + 16);
        _ring.Consume(record => record.Length.ShouldBe(8)).ShouldBe(1);
    }

    [Theory]
    [InlineData(4104ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1ul << 63)]
    public void A_producer_position_beyond_the_ring_is_skipped_and_reported(ulong producer)
    {
        Put(0, 8, producer);
        Should.Throw<BpfFormatException>(() => _ring.Consume(_ => { }));
        _ring.Statistics.Corrupt.ShouldBe(1);
    }

    [Fact]
    public void A_busy_record_ends_the_reading_and_holds_back_what_is_behind_it()
    {
        Put(0, 8, 16);
        Put(16, RingView.Busy | 8, 48);
        Put(32, 8, 48);
        _ring.Consume(_ => { }).ShouldBe(1);
        _ring.Consume(_ => { }).ShouldBe(0);
        _memory.View.ConsumerPosition.ShouldBe(16ul);
        Put(16, RingView.Discard | 8, 48);
        _ring.Consume(_ => { }).ShouldBe(1);
        _ring.Statistics.ShouldBe(new RingStatistics(2, 1, 0, 0));
        _memory.View.ConsumerPosition.ShouldBe(48ul);
    }

    [Fact]
    public void Random_content_never_makes_the_reader_leave_the_ring()
    {
        var random = new Random(4711);
        var view = _memory.View;
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(view.Record(0, Size - RingView.HeaderSize));
            Put((ulong)random.Next(512) * 8, (uint)random.Next(64), view.ConsumerPosition + (ulong)random.Next(600) * 8);
            try
            {
                _ring.Consume(record => record.Length.ShouldBeLessThanOrEqualTo((int)Size));
            }
            catch (BpfFormatException)
            {
                // skipped and reported
            }
            if (view.ProducerPosition != view.ConsumerPosition) view.ProducerPosition = view.ConsumerPosition;
        }
    }
}
