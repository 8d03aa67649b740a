using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class PerfBufferTests
{
    static readonly TimeSpan s_soon = TimeSpan.FromSeconds(10);

    static BpfMap CreateEvents() => BpfMap.Create(new MapSpec { Name = "events", Type = MapType.PerfEventArray, KeySize = 4, ValueSize = 4 });

    /// <summary>Counts in <paramref name="counter"/> and outputs the count and the time as a record of 16 bytes.</summary>
    static BpfProgram Producer(BpfMap events, BpfMap counter) => Code.Load(ProgramType.SchedCls,
        [Code.Move(Register.R6, Register.R1)],
        Code.MapValue(Register.R7, counter),
        [
            Code.Move(Register.R1, 1),
            new((int)InstructionClass.StoreRegister | OpCode.ModeAtomic | OpCode.Double, Register.R7, Register.R1, 0, 1), // fetch and add
            Code.Store(Register.R10, -16, Register.R1),
            Code.Call(HelperFunction.KtimeGetNs),
            Code.Store(Register.R10, -8, Register.R0),
            Code.Move(Register.R1, Register.R6),
        ],
        Code.Map(Register.R2, events),
        Code.Wide(Register.R3, 0, uint.MaxValue), // BPF_F_CURRENT_CPU
        [
            Code.Move(Register.R4, Register.R10),
            Code.Add(Register.R4, -16),
            Code.Move(Register.R5, 16),
            Code.Call(HelperFunction.PerfEventOutput),
            Code.Exit,
        ]);

    static void Run(BpfProgram program, uint repeat) => program.TestRun(new TestRunOptions { Data = new byte[64], Repeat = repeat });

    [KernelFact]
    public void Records_of_every_cpu_arrive_with_their_cpu()
    {
        using var map = CreateEvents();
        using var counter = BpfMap.CreateArray<long>(1, "counter");
        using var program = Producer(map, counter.Map);
        using var reader = new PerfBufferReader(map);
        Run(program, 20);
        var values = new List<long>();
        for (var count = 0; count < 20;)
        {
            count += reader.Poll((cpu, record) =>
            {
                PossibleCpus.Ids.ShouldContain(cpu);
                record.Length.ShouldBe(20); // 16, padded so that 4 more are a multiple of 8
                values.Add(MemoryMarshal.Read<long>(record));
            }, s_soon);
        }
        values.Order().ShouldBe(Enumerable.Range(0, 20).Select(i => (long)i));
        reader.Statistics.ShouldBe(new RingStatistics(20, 0, 0, 0));
    }

    struct Counting : IPerfRecordHandler
    {
        public int Records;
        public ulong Losses;

        public void Handle(int cpu, ReadOnlySpan<byte> record) => Records++;

        public void Lost(int cpu, ulong count) => Losses += count;
    }

    [KernelFact]
    public void Losses_are_reported_with_their_number()
    {
        // Each CPU tells of its own losses.
        using var pinned = new PinnedThread(0);
        using var map = CreateEvents();
        using var counter = BpfMap.CreateArray<long>(1, "counter");
        using var program = Producer(map, counter.Map);
        using var reader = new PerfBufferReader(map, new PerfBufferOptions { PagesPerCpu = 1 });
        var seen = new Counting();
        Run(program, 1000);
        reader.Poll(ref seen, TimeSpan.Zero);
        // The kernel tells about losses with the next record that finds room.
        for (var round = 0; round < 20 && seen.Records + (int)seen.Losses < 1000 + round; round++)
        {
            Run(program, 1);
            reader.Poll(ref seen, TimeSpan.Zero);
        }
        seen.Losses.ShouldBeGreaterThan(0ul);
        (seen.Records + (long)seen.Losses).ShouldBe(counter[0]);
        reader.Statistics.Lost.ShouldBe((long)seen.Losses);
    }

    [KernelFact]
    public void A_watermark_delays_the_wake_up_until_enough_bytes_wait()
    {
        using var map = CreateEvents();
        using var counter = BpfMap.CreateArray<long>(1, "counter");
        using var program = Producer(map, counter.Map);
        using var reader = new PerfBufferReader(map, new PerfBufferOptions { WakeupBytes = 4096 });
        Run(program, 1);
        var count = reader.Poll((_, _) => { }, TimeSpan.FromMilliseconds(1));
        count.ShouldBe(1); // handed out because the time was over
        Run(program, 1000);
        for (count = 0; count < 1000;) count += reader.Poll((_, _) => { }, s_soon);
    }

    [KernelFact]
    public void Ordered_records_come_by_time_whatever_their_cpu()
    {
        using var map = CreateEvents();
        using var counter = BpfMap.CreateArray<long>(1, "counter");
        using var program = Producer(map, counter.Map);
        using var reader = new PerfBufferReader(map, new PerfBufferOptions { PagesPerCpu = 256, OrderingWindow = TimeSpan.FromMilliseconds(20) });
        // The CPUs take turns, and nothing is read before the end: buffer by buffer, the times would go back and forth.
        for (var round = 0; round < 20; round++)
        {
            using var pinned = new PinnedThread(round % Math.Min(2, Environment.ProcessorCount));
            Run(program, 40);
        }
        var (last, inversions, count) = (0L, 0, 0);
        while (count < 800)
        {
            count += reader.Poll((_, record) =>
            {
                var time = MemoryMarshal.Read<long>(record[8..]);
                if (time < last) inversions++;
                last = time;
            }, s_soon);
        }
        reader.Statistics.Lost.ShouldBe(0);
        inversions.ShouldBe(0);
    }

    [KernelFact]
    public async Task Closing_ends_a_poll_that_waits()
    {
        using var map = CreateEvents();
        var reader = new PerfBufferReader(map);
        using var started = new ManualResetEventSlim();
        var poll = Task.Factory.StartNew(() =>
        {
            started.Set();
            return reader.Poll((_, _) => { }, Timeout.InfiniteTimeSpan);
        }, TaskCreationOptions.LongRunning);
        started.Wait();
        await Task.Delay(50);
        reader.Dispose();
        (await poll.WaitAsync(s_soon)).ShouldBe(0);
    }
}
