using System.Diagnostics;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class RingBufferTests
{
    static readonly TimeSpan s_soon = TimeSpan.FromSeconds(10);

    static BpfMap CreateRing(uint size = 64 * 1024, string name = "ring") =>
        BpfMap.Create(new MapSpec { Name = name, Type = MapType.RingBuffer, MaxEntries = size });

    /// <summary>
    /// A program that counts in <paramref name="counters"/>[0], writes the count as a record of <paramref name="length"/> bytes, and counts in
    /// [8] what found no room. Every fourth record is discarded when asked.
    /// </summary>
    static BpfProgram Producer(BpfMap ring, BpfMap counters, int length, bool discardSome = false, int wakeUp = 0) => Code.Load(ProgramType.SocketFilter,
        Code.MapValue(Register.R6, counters),
        [
            Code.Load(Register.R7, Register.R6, 0),
            Code.Add(Register.R7, 1),
            Code.Store(Register.R6, 0, Register.R7),
        ],
        Code.Map(Register.R1, ring),
        [
            Code.Move(Register.R2, length),
            Code.Move(Register.R3, 0),
            Code.Call(HelperFunction.RingbufReserve),
            Code.JumpIfNotZero(Register.R0, 5),
            Code.Load(Register.R1, Register.R6, 8),
            Code.Add(Register.R1, 1),
            Code.Store(Register.R6, 8, Register.R1),
            Code.Move(Register.R0, 0),
            Code.Exit,
            Code.Store(Register.R0, 0, Register.R7),
            Code.Move(Register.R1, Register.R0),
            Code.Move(Register.R2, wakeUp),
            new((int)InstructionClass.Alu64 | OpCode.And, Register.R7, default, 0, 3),
            Code.JumpIfNotZero(Register.R7, discardSome ? 3 : 0),
            Code.Call(discardSome ? HelperFunction.RingbufDiscard : HelperFunction.RingbufSubmit),
            Code.Move(Register.R0, 1),
            Code.Exit,
            .. discardSome ? (Instruction[])[Code.Call(HelperFunction.RingbufSubmit), Code.Move(Register.R0, 1), Code.Exit] : [],
        ]);

    static void Run(BpfProgram program, uint repeat) => program.TestRun(new TestRunOptions { Data = new byte[64], Repeat = repeat });

    struct Collector(List<long> values) : IRecordHandler
    {
        public readonly bool Handle(ReadOnlySpan<byte> record)
        {
            values.Add(MemoryMarshal.Read<long>(record));
            return true;
        }
    }

    struct Summing : IRecordHandler
    {
        public long Count, Sum;

        public bool Handle(ReadOnlySpan<byte> record)
        {
            Count++;
            Sum += MemoryMarshal.Read<long>(record);
            return true;
        }
    }

    [KernelFact]
    public void Records_arrive_in_place_in_order_and_without_allocation()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 40);
        using var ring = new RingBuffer(map);
        var warm = new Summing();
        Run(program, 1);
        ring.Consume(ref warm);
        var sum = new Summing();
        var allocated = 0L;
        for (var round = 0; round < 50; round++)
        {
            Run(program, 100);
            var before = GC.GetAllocatedBytesForCurrentThread();
            ring.Consume(ref sum);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        sum.Count.ShouldBe(5000);
        sum.Sum.ShouldBe(Enumerable.Range(2, 5000).Sum(i => (long)i));
        allocated.ShouldBe(0);
        ring.AvailableBytes.ShouldBe(0);
    }

    [KernelFact]
    public void Discarded_records_are_skipped_and_counted()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8, discardSome: true);
        using var ring = new RingBuffer(map);
        Run(program, 100);
        var values = new List<long>();
        ring.Consume(record => values.Add(MemoryMarshal.Read<long>(record))).ShouldBe(75);
        values.ShouldBe(Enumerable.Range(1, 100).Where(i => i % 4 != 0).Select(i => (long)i));
        ring.Statistics.ShouldBe(new RingStatistics(75, 25, 0, 0));
    }

    [KernelFact]
    public void Records_that_found_no_room_are_counted_by_the_programs_counter()
    {
        using var map = CreateRing(4096);
        using var counters = BpfMap.CreateArray<(long Sent, long Lost)>(1, "counters");
        using var program = Producer(map, counters.Map, 248);
        using var ring = new RingBuffer(map, () => counters[0].Lost);
        Run(program, 100);
        var count = ring.Consume(_ => { });
        count.ShouldBeInRange(15, 16);
        ring.Statistics.Lost.ShouldBe(100 - count);
        Run(program, 5);
        ring.Consume(_ => { }).ShouldBe(5);
    }

    [KernelFact]
    public void Records_that_lie_across_the_end_of_the_ring_are_whole()
    {
        using var map = CreateRing(4096);
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 1000);
        using var ring = new RingBuffer(map);
        var expected = 1L;
        for (var round = 0; round < 40; round++)
        {
            Run(program, 3);
            ring.Consume(record =>
            {
                record.Length.ShouldBe(1000);
                MemoryMarshal.Read<long>(record).ShouldBe(expected++);
            }).ShouldBe(3);
        }
    }

    [KernelFact]
    public void A_handler_that_says_stop_leaves_the_rest_for_later()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8);
        using var ring = new RingBuffer(map);
        Run(program, 10);
        var stopping = new StopAt(4);
        ring.Consume(ref stopping).ShouldBe(4);
        ring.AvailableBytes.ShouldBe(6 * 16);
        ring.Consume(_ => { }).ShouldBe(6);
    }

    [KernelFact]
    public void Poll_does_not_wait_for_what_a_handler_left()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8, wakeUp: 1);
        using var reader = new RingBufferReader();
        reader.Add(map, new StopAt(4));
        Run(program, 10);
        reader.Poll(TimeSpan.FromMilliseconds(1)).ShouldBe(4);
        for (var left = 6; left > 0; left--) reader.Poll(Timeout.InfiniteTimeSpan).ShouldBe(1);
    }

    struct StopAt(int limit) : IRecordHandler
    {
        int _count;

        public bool Handle(ReadOnlySpan<byte> record) => ++_count < limit;
    }

    [KernelFact]
    public void A_record_at_which_the_handler_throws_is_consumed_and_no_other()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8);
        using var ring = new RingBuffer(map);
        Run(program, 5);
        Should.Throw<InvalidOperationException>(() => ring.Consume(record =>
        {
            if (MemoryMarshal.Read<long>(record) == 2) throw new InvalidOperationException();
        }));
        var rest = new List<long>();
        ring.Consume(record => rest.Add(MemoryMarshal.Read<long>(record)));
        rest.ShouldBe([3, 4, 5]);
    }

    [KernelFact]
    public void One_reader_waits_for_several_rings()
    {
        using var first = CreateRing(4096, "first");
        using var second = CreateRing(8192, "second");
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var toFirst = Producer(first, counters.Map, 8);
        using var toSecond = Producer(second, counters.Map, 8);
        var (fromFirst, fromSecond) = (new List<long>(), new List<long>());
        using var reader = new RingBufferReader();
        reader.Add(first, record => fromFirst.Add(MemoryMarshal.Read<long>(record)));
        reader.Add(second, new Collector(fromSecond));
        reader.Poll(TimeSpan.Zero).ShouldBe(0);
        Run(toSecond, 1);
        reader.Poll(s_soon).ShouldBe(1);
        Run(toFirst, 2);
        Run(toSecond, 1);
        for (var count = 0; count < 3;) count += reader.Poll(s_soon);
        fromFirst.ShouldBe([2, 3]);
        fromSecond.ShouldBe([1, 4]);
        reader.Statistics.Records.ShouldBe(4);
    }

    [KernelFact]
    public void Poll_hands_out_records_that_were_submitted_without_a_wake_up_when_its_time_is_over()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8, wakeUp: 1); // BPF_RB_NO_WAKEUP
        using var reader = new RingBufferReader();
        var count = 0;
        reader.Add(map, _ => count++);
        reader.Poll(TimeSpan.Zero).ShouldBe(0);
        Run(program, 3);
        reader.Poll(TimeSpan.FromMilliseconds(1)).ShouldBe(3);
        count.ShouldBe(3);
    }

    [KernelFact]
    public async Task Nothing_is_lost_while_a_program_writes_and_a_reader_polls()
    {
        using var map = CreateRing(1 << 20);
        using var counters = BpfMap.CreateArray<(long Sent, long Lost)>(1, "counters");
        using var program = Producer(map, counters.Map, 16);
        using var reader = new RingBufferReader();
        var next = 0L;
        var outOfOrder = 0;
        reader.Add(map, record =>
        {
            var value = MemoryMarshal.Read<long>(record);
            if (value <= next) outOfOrder++;
            next = value;
        });
        using var stop = new CancellationTokenSource();
        var pump = Task.Factory.StartNew(() => reader.Run(Timeout.InfiniteTimeSpan, stop.Token), TaskCreationOptions.LongRunning);
        Run(program, 300_000);
        var deadline = Stopwatch.GetTimestamp();
        while (reader.Statistics.Records + counters[0].Lost < 300_000 && Stopwatch.GetElapsedTime(deadline) < s_soon) await Task.Delay(5);
        await stop.CancelAsync();
        await pump;
        (reader.Statistics.Records + counters[0].Lost).ShouldBe(300_000);
        outOfOrder.ShouldBe(0);
    }

    [KernelFact]
    public async Task Closing_ends_a_poll_that_waits()
    {
        using var map = CreateRing();
        var reader = new RingBufferReader();
        reader.Add(map, _ => { });
        using var started = new ManualResetEventSlim();
        var poll = Task.Factory.StartNew(() =>
        {
            started.Set();
            return reader.Poll(Timeout.InfiniteTimeSpan);
        }, TaskCreationOptions.LongRunning);
        started.Wait();
        await Task.Delay(50);
        reader.Dispose();
        (await poll.WaitAsync(s_soon)).ShouldBe(0);
        Should.Throw<ObjectDisposedException>(() => reader.Poll(TimeSpan.Zero));
        reader.Dispose();
    }

    [KernelFact]
    public void Closing_from_a_handler_ends_the_reading()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8);
        var reader = new RingBufferReader();
        var last = 0L;
        reader.Add(map, record =>
        {
            last = MemoryMarshal.Read<long>(record);
            reader.Dispose();
        });
        Run(program, 100);
        reader.Poll(s_soon).ShouldBeGreaterThan(0);
        last.ShouldBeGreaterThan(0);
        Should.Throw<ObjectDisposedException>(() => reader.Poll(TimeSpan.Zero));
    }

    [KernelFact]
    public async Task Async_enumeration_yields_copies_until_cancelled()
    {
        using var map = CreateRing();
        using var counters = BpfMap.CreateArray<(long, long)>(1, "counters");
        using var program = Producer(map, counters.Map, 8);
        using var stop = new CancellationTokenSource(s_soon);
        Run(program, 50);
        var values = new List<long>();
        await foreach (var record in RingBufferReader.ReadAllAsync(map, stop.Token))
        {
            values.Add(BitConverter.ToInt64(record));
            if (values.Count == 50) Run(program, 1);
            if (values.Count == 51) break;
        }
        values.ShouldBe(Enumerable.Range(1, 51).Select(i => (long)i));
    }

    [KernelFact]
    public void A_map_of_another_type_is_no_ring()
    {
        using var map = BpfMap.CreateArray<int>(1, "not_a_ring");
        Should.Throw<BpfException>(() => new RingBuffer(map.Map)).Message.ShouldContain("not_a_ring");
    }
}
