using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class QueueTests
{
    static BpfQueue<long> Create(MapType type, uint capacity) =>
        new(BpfMap.Create(new MapSpec { Name = "waiting", Type = type, ValueSize = 8, MaxEntries = capacity }));

    [KernelFact]
    public void Queue_returns_the_oldest_and_stack_the_newest_first()
    {
        using var queue = Create(MapType.Queue, 3);
        using var stack = Create(MapType.Stack, 3);
        foreach (var map in new[] { queue, stack })
        {
            map.TryPop(out _).ShouldBeFalse();
            for (var i = 1; i <= 3; i++) map.TryPush(i).ShouldBeTrue();
            map.TryPush(4).ShouldBeFalse();
        }
        queue.TryPeek(out var oldest).ShouldBeTrue();
        oldest.ShouldBe(1);
        queue.TryPop(out oldest).ShouldBeTrue();
        oldest.ShouldBe(1);
        stack.TryPop(out var newest).ShouldBeTrue();
        newest.ShouldBe(3);
    }

    [KernelFact]
    public void A_full_queue_drops_its_oldest_element_when_asked()
    {
        using var queue = Create(MapType.Queue, 2);
        for (var i = 1; i <= 3; i++) queue.PushOverOldest(i);
        queue.TryPop(out var first).ShouldBeTrue();
        first.ShouldBe(2);
    }

    [KernelFact]
    public void A_program_takes_from_a_queue_what_user_space_pushed()
    {
        using var queue = Create(MapType.Queue, 2);
        queue.TryPush(1234).ShouldBeTrue();
        using var program = Code.Load(ProgramType.SocketFilter,
            Code.Map(Register.R1, queue.Map),
            [
                Code.Store(Register.R10, -8, 0, OpCode.Double),
                Code.Move(Register.R2, Register.R10),
                Code.Add(Register.R2, -8),
                Code.Call(HelperFunction.MapPopElem),
                Code.Load(Register.R0, Register.R10, -8),
                Code.Exit,
            ]);
        Code.Run(program).ShouldBe(1234u);
        Code.Run(program).ShouldBe(0u);
    }

    [KernelFact]
    public void User_space_takes_from_queue_and_stack_what_a_program_pushed()
    {
        foreach (var type in new[] { MapType.Queue, MapType.Stack })
        {
            using var map = Create(type, 2);
            using var program = Code.Load(ProgramType.SocketFilter,
                [Code.Store(Register.R10, -8, 4321, OpCode.Double)],
                OnStackValue(map.Map),
                [Code.Move(Register.R3, 0), Code.Call(HelperFunction.MapPushElem), Code.Exit]);
            for (var i = 0; i < 2; i++) Code.Run(program).ShouldBe(0u);
            // The third does not fit: -E2BIG.
            ((int)Code.Run(program)).ShouldBe(-7);
            map.TryPop(out var value).ShouldBeTrue();
            value.ShouldBe(4321);
        }
    }

    [KernelFact(KernelFeature.BloomFilter)]
    public void A_program_adds_to_a_bloom_filter_and_asks_it()
    {
        using var filter = new BpfBloomFilter<long>(BpfMap.Create(new MapSpec { Name = "seen", Type = MapType.BloomFilter, ValueSize = 8, MaxEntries = 1000, Extra = 3 }));
        using var asking = Code.Load(ProgramType.SocketFilter,
            [Code.Store(Register.R10, -8, 77, OpCode.Double)],
            OnStackValue(filter.Map),
            [Code.Call(HelperFunction.MapPeekElem), Code.Exit]);
        using var adding = Code.Load(ProgramType.SocketFilter,
            [Code.Store(Register.R10, -8, 77, OpCode.Double)],
            OnStackValue(filter.Map),
            [Code.Move(Register.R3, 0), Code.Call(HelperFunction.MapPushElem), Code.Exit]);
        // -ENOENT says that it was never added.
        ((int)Code.Run(asking)).ShouldBe(-2);
        Code.Run(adding).ShouldBe(0u);
        Code.Run(asking).ShouldBe(0u);
        filter.MayContain(77).ShouldBeTrue();
    }

    /// <summary>The first arguments of the calls on such maps: the map, and the value in the topmost stack slot.</summary>
    static IEnumerable<Instruction> OnStackValue(BpfMap map) =>
        [.. Code.Map(Register.R1, map), Code.Move(Register.R2, Register.R10), Code.Add(Register.R2, -8)];

    [KernelFact(KernelFeature.BloomFilter)]
    public void Bloom_filter_never_denies_what_was_added()
    {
        using var filter = new BpfBloomFilter<int>(BpfMap.Create(new MapSpec { Name = "seen", Type = MapType.BloomFilter, ValueSize = 4, MaxEntries = 1000, Extra = 3 }));
        for (var i = 0; i < 500; i++) filter.Add(i);
        for (var i = 0; i < 500; i++) filter.MayContain(i).ShouldBeTrue();
        Enumerable.Range(10_000, 1000).Count(filter.MayContain).ShouldBeLessThan(500);
        filter.Map.GetInfo().Extra.ShouldBe(3ul);
    }
}
