using System.Net;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ArrayTests
{
    [KernelFact]
    public void Array_elements_exist_from_the_start_and_stay()
    {
        using var map = BpfMap.CreateArray<int>(8);
        map[7].ShouldBe(0);
        map[7] = 77;
        map[7].ShouldBe(77);
        Should.Throw<ArgumentOutOfRangeException>(() => map[8]);
        Should.Throw<BpfSyscallException>(() => map.Map.Delete(new byte[4])).ErrorName.ShouldBe("EINVAL");
    }

    [KernelFact]
    public void Mapped_memory_shows_what_system_calls_store_and_the_other_way_round()
    {
        using var map = BpfMap.CreateArray<int>(2000, "mapped", MapFlags.MemoryMappable);
        using var memory = map.MapMemory();
        memory.Stride.ShouldBe(8);
        map[1999] = 42;
        MemoryMarshal.Read<int>(memory.Element(1999)).ShouldBe(42);
        MemoryMarshal.Write(memory.Element(3), 33);
        map[3].ShouldBe(33);
        Should.Throw<BpfException>(() => memory.Values<int>().Length);
        memory.Values<long>()[3].ShouldBe(33);
        memory.Value<int>(24).ShouldBe(33);
        Should.Throw<ArgumentOutOfRangeException>(() => memory.Element(2000).Length);
    }

    [KernelFact]
    public void Mapped_memory_outlives_the_map_object_but_not_its_own_disposal()
    {
        var map = BpfMap.CreateArray<long>(4, "outlived", MapFlags.MemoryMappable);
        var memory = map.MapMemory();
        map.Dispose();
        memory.Values<long>()[2] = 5;
        memory.Values<long>()[2].ShouldBe(5);
        var pin = memory.Memory.Pin();
        ((IDisposable)memory).Dispose();
        Should.Throw<ObjectDisposedException>(() => memory.GetSpan().Length);
        pin.Dispose();
    }

    [KernelFact]
    public void A_frozen_array_is_readable_memory_only()
    {
        using var map = BpfMap.CreateArray<long>(4, "frozen", MapFlags.MemoryMappable | MapFlags.ProgramReadOnly);
        map[0] = 9;
        map.Map.Freeze();
        map.Map.GetInfo().IsFrozen.ShouldBe(true);
        Should.Throw<BpfSyscallException>(() => map[0] = 10).ErrorName.ShouldBe("EPERM");
        Should.Throw<BpfSyscallException>(() => map.MapMemory());
        using var memory = map.MapMemory(writable: false);
        memory.Values<long>()[0].ShouldBe(9);
    }

    [KernelFact]
    public void An_array_that_is_not_mappable_says_so()
    {
        using var map = BpfMap.CreateArray<long>(4, "plain");
        Should.Throw<BpfSyscallException>(() => map.MapMemory()).Message.ShouldContain("plain");
    }

    [KernelFact]
    public void Per_cpu_values_keep_each_cpus_own_value_for_every_size()
    {
        foreach (var kind in new[] { MapType.PerCpuArray, MapType.PerCpuHash, MapType.LruPerCpuHash })
        {
            using var narrow = BpfMap.CreatePerCpu<int, ushort>(kind, 4);
            using var wide = BpfMap.CreatePerCpu<int, (long, long)>(kind, 4);
            var narrowValues = PossibleCpus.Ids.Select(cpu => (ushort)(cpu + 100)).ToArray();
            var wideValues = PossibleCpus.Ids.Select(cpu => ((long)cpu, -1L)).ToArray();
            narrow.Update(2, narrowValues);
            wide.Update(2, wideValues);
            var narrowBack = new ushort[PossibleCpus.Count];
            var wideBack = new (long, long)[PossibleCpus.Count];
            narrow.TryLookup(2, narrowBack).ShouldBeTrue();
            wide.TryLookup(2, wideBack).ShouldBeTrue();
            narrowBack.ShouldBe(narrowValues);
            wideBack.ShouldBe(wideValues);
        }
    }

    [KernelFact]
    public void Lpm_trie_finds_the_longest_prefix()
    {
        using var map = BpfMap.Create<LpmKeyIPv4, int>(MapType.LpmTrie, 16, "routes", MapFlags.NoPreallocation);
        map[new LpmKeyIPv4(IPNetwork.Parse("10.0.0.0/8"))] = 8;
        map[new LpmKeyIPv4(IPNetwork.Parse("10.1.0.0/16"))] = 16;
        map[new LpmKeyIPv4(IPAddress.Parse("10.1.2.3"))].ShouldBe(16);
        map[new LpmKeyIPv4(IPAddress.Parse("10.2.2.3"))].ShouldBe(8);
        map.TryLookup(new LpmKeyIPv4(IPAddress.Parse("11.0.0.1")), out _).ShouldBeFalse();
        var prefixes = new List<string>();
        foreach (var (key, _) in map) prefixes.Add(key.ToString());
        prefixes.Order().ShouldBe(["10.0.0.0/8", "10.1.0.0/16"]);

        using var map6 = BpfMap.Create<LpmKeyIPv6, int>(MapType.LpmTrie, 16, "routes6", MapFlags.NoPreallocation);
        map6[new LpmKeyIPv6(IPNetwork.Parse("fd00::/8"))] = 8;
        map6[new LpmKeyIPv6(IPNetwork.Parse("fd00:1::/64"))] = 64;
        map6[new LpmKeyIPv6(IPAddress.Parse("fd00:1::5"))].ShouldBe(64);
        map6[new LpmKeyIPv6(IPAddress.Parse("fd00:2::5"))].ShouldBe(8);
    }
}
