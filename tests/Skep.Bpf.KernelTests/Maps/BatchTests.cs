using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class BatchTests
{
    [KernelFact]
    public void Batches_write_read_and_delete_a_hash()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 5000);
        var keys = Enumerable.Range(0, 5000).ToArray();
        map.UpdateBatch(keys, [.. keys.Select(k => k * 3L)]);
        var seen = new Dictionary<int, long>();
        using (var reader = map.ReadBatches(64))
        {
            while (reader.Read())
            {
                for (var i = 0; i < reader.Count; i++) seen.Add(reader.Keys[i], reader.Values[i]);
            }
        }
        seen.Count.ShouldBe(5000);
        seen[4999].ShouldBe(14997);
        map.DeleteBatch([1, 2, 99_999, 3]).ShouldBe(3);
        map.TryLookup(3, out _).ShouldBeFalse();
        map.TryLookup(4, out _).ShouldBeTrue();
    }

    [KernelFact]
    public void A_batch_smaller_than_a_hash_bucket_grows_until_the_bucket_fits()
    {
        // 4096 entries in at most 4096 buckets: some bucket holds several elements, which a buffer of one cannot take.
        using var map = BpfMap.Create<int, int>(MapType.Hash, 4096);
        for (var i = 0; i < 4096; i++) map[i] = i;
        var count = 0;
        using var reader = map.ReadBatches(1);
        while (reader.Read()) count += reader.Count;
        count.ShouldBe(4096);
    }

    [KernelFact]
    public void Draining_empties_the_map()
    {
        foreach (var kind in new[] { MapType.Hash, MapType.LruHash })
        {
            using var map = BpfMap.Create<int, int>(kind, 10_000);
            for (var i = 0; i < 3000; i++) map[i] = i;
            var keys = new HashSet<int>();
            using var reader = map.DrainBatches(100);
            while (reader.Read())
            {
                foreach (var key in reader.Keys) keys.Add(key).ShouldBeTrue();
            }
            keys.Count.ShouldBe(3000);
            map.Keys.GetEnumerator().MoveNext().ShouldBeFalse();
        }
    }

    [KernelFact]
    public void Batches_of_per_cpu_values_hold_one_slot_for_each_cpu()
    {
        using var map = BpfMap.CreatePerCpu<int, int>(MapType.PerCpuHash, 100);
        var values = new int[PossibleCpus.Count];
        for (var i = 0; i < 50; i++)
        {
            for (var cpu = 0; cpu < values.Length; cpu++) values[cpu] = i * 100 + cpu;
            map.Update(i, values);
        }
        var seen = 0;
        using var reader = map.Map.ReadBatches(16);
        while (reader.Read())
        {
            var keys = MemoryMarshal.Cast<byte, int>(reader.Keys);
            for (var i = 0; i < reader.Count; i++)
            {
                map.CopyValues(reader.Values.Slice(i * map.Map.UserValueSize, map.Map.UserValueSize), values);
                for (var cpu = 0; cpu < values.Length; cpu++) values[cpu].ShouldBe(keys[i] * 100 + cpu);
                seen++;
            }
        }
        seen.ShouldBe(50);
    }

    [KernelFact]
    public void Maps_without_batches_are_read_and_written_one_by_one()
    {
        // Hash of maps has batches only since 5.18 in part; a map of sockets never has: DevMapHash stands for those without.
        using var map = BpfMap.Create<uint, uint>(MapType.DevMapHash, 16);
        map.UpdateBatch([5, 6, 7], [1, 1, 1]);
        var keys = new List<uint>();
        using (var reader = map.ReadBatches(2))
        {
            while (reader.Read()) keys.AddRange(reader.Keys.ToArray());
        }
        keys.Order().ShouldBe([5u, 6u, 7u]);
        map.DeleteBatch([6, 60, 7]).ShouldBe(2);
        using var drain = map.DrainBatches(2);
        drain.Read().ShouldBeTrue();
        drain.Keys.ToArray().ShouldBe([5u]);
        drain.Read().ShouldBeFalse();
    }

    [KernelFact]
    public void Array_to_array_copies_all_elements()
    {
        using var map = BpfMap.CreateArray<long>(3000);
        map[0] = 5;
        map[2999] = 6;
        var copy = map.ToArray();
        copy.Length.ShouldBe(3000);
        (copy[0], copy[1], copy[2999]).ShouldBe((5, 0, 6));
    }

    [KernelFact]
    public void Update_batch_reports_the_element_that_did_not_fit()
    {
        using var map = BpfMap.Create<int, int>(MapType.Hash, 10, "ten");
        var keys = Enumerable.Range(0, 20).ToArray();
        var error = Should.Throw<BpfSyscallException>(() => map.UpdateBatch(keys, keys));
        error.ErrorName.ShouldBe("E2BIG");
        error.Message.ShouldContain("of 20");
    }
}
