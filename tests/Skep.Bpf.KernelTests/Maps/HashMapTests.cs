using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class HashMapTests
{
    public static readonly MapType[] Kinds = [MapType.Hash, MapType.LruHash];

    [StructLayout(LayoutKind.Sequential)]
    record struct Flow(uint Address, ushort Port, ushort Padding);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    record struct Counters(ulong Packets, uint Drops);

    [KernelFact]
    public void Hash_returns_what_was_stored_and_says_when_nothing_was()
    {
        foreach (var kind in Kinds)
        {
            using var map = BpfMap.Create<Flow, Counters>(kind, 64, "flows");
            var key = new Flow(0x0100007f, 80, 0);
            map.TryLookup(key, out _).ShouldBeFalse();
            map[key] = new Counters(7, 1);
            map.TryLookup(key, out var value).ShouldBeTrue();
            value.ShouldBe(new Counters(7, 1));
            map[key].Packets.ShouldBe(7ul);
            map.Delete(key).ShouldBeTrue();
            map.Delete(key).ShouldBeFalse();
            Should.Throw<KeyNotFoundException>(() => map[key]);
        }
    }

    [KernelFact]
    public void Update_flags_decide_between_creating_and_replacing()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 4);
        map.TryUpdate(1, 10, MapUpdateFlags.Exist).ShouldBeFalse();
        map.TryAdd(1, 10).ShouldBeTrue();
        map.TryAdd(1, 11).ShouldBeFalse();
        map.TryUpdate(1, 12, MapUpdateFlags.Exist).ShouldBeTrue();
        map[1].ShouldBe(12);
        Should.Throw<BpfSyscallException>(() => map.Update(1, 13, MapUpdateFlags.NoExist)).ErrorName.ShouldBe("EEXIST");
    }

    [KernelFact]
    public void Update_of_a_full_hash_names_the_map_and_its_capacity()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 2, "tiny");
        (map[1], map[2]) = (1, 2);
        var error = Should.Throw<BpfSyscallException>(() => map[3] = 3);
        error.ErrorName.ShouldBe("E2BIG");
        error.Message.ShouldContain("tiny");
    }

    [KernelFact]
    public void Lookup_and_delete_takes_a_hash_element_out()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 4);
        map[5] = 55;
        map.TryLookupAndDelete(5, out var value).ShouldBeTrue();
        value.ShouldBe(55);
        map.TryLookupAndDelete(5, out _).ShouldBeFalse();
    }

    [KernelFact]
    public void Iteration_returns_every_element_once_and_allows_deleting_the_current_one()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 1000);
        for (var i = 0; i < 1000; i++) map[i] = i * 10;
        var seen = new List<int>();
        foreach (var (key, value) in map)
        {
            value.ShouldBe(key * 10);
            seen.Add(key);
            map.Delete(key).ShouldBeTrue();
        }
        seen.Order().ShouldBe(Enumerable.Range(0, 1000));
        map.Keys.GetEnumerator().MoveNext().ShouldBeFalse();
    }

    [KernelFact]
    public async Task Iteration_never_leaves_out_elements_that_stay_while_others_come_and_go()
    {
        using var map = BpfMap.Create<int, int>(MapType.Hash, 4096);
        for (var i = 0; i < 500; i++) map[i] = i;
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i = (i + 1) % 500)
            {
                map[10_000 + i] = i;
                map.Delete(10_000 + i);
            }
        });
        for (var round = 0; round < 20; round++)
        {
            var stable = new HashSet<int>();
            foreach (var key in map.Keys)
            {
                if (key < 10_000) stable.Add(key);
            }
            stable.Count.ShouldBe(500);
        }
        await stop.CancelAsync();
        await churn;
    }

    [KernelFact]
    public void Iteration_and_lookups_allocate_nothing()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 100);
        for (var i = 0; i < 100; i++) map[i] = i;
        long Run()
        {
            var sum = 0L;
            foreach (var (key, _) in map) sum += map[key];
            return sum;
        }
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = Run();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        sum.ShouldBe(4950);
    }

    [KernelFact]
    public void A_view_with_types_of_the_wrong_size_is_refused()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 4, "sized");
        Should.Throw<BpfException>(() => new BpfMap<long, long>(map.Map)).Message.ShouldContain("keys of 4 bytes");
        Should.Throw<BpfException>(() => new BpfMap<int, int>(map.Map)).Message.ShouldContain("values of 8 bytes");
        Should.Throw<ArgumentException>(() => map.Map.TryLookup(new byte[4], new byte[4]));
    }
}
