using System.Buffers.Binary;
using Shouldly;
using Skep.Bpf.Interpreter;
using Xunit;

namespace Skep.Bpf.Tests;

public class VirtualMapTests
{
    [Fact]
    public void Hash_follows_the_kernels_flags_and_errors()
    {
        var map = Make(MapType.Hash, 4, 8, 2);
        map.Update(Key(1), new byte[8], 2).ShouldBe(-2);
        map.Update(Key(1), new byte[8], 1).ShouldBe(0);
        map.Update(Key(1), new byte[8], 1).ShouldBe(-17);
        map.Update(Key(2), new byte[8], 0).ShouldBe(0);
        map.Update(Key(3), new byte[8], 0).ShouldBe(-7);
        map.Update(Key(3), new byte[8], 9).ShouldBe(-22);
        map.Delete(Key(2)).ShouldBe(0);
        map.Delete(Key(2)).ShouldBe(-2);
        map.Lookup(Key(2)).ShouldBe(0u);
    }

    [Fact]
    public void Lru_hash_evicts_what_was_not_used_for_longest()
    {
        var map = Make(MapType.LruHash, 4, 8, 2);
        map.Set(1, 10L);
        map.Set(2, 20L);
        map.Get<int, long>(1).ShouldBe(10);
        map.Set(3, 30L);
        (map.Get<int, long>(1), map.Get<int, long>(2), map.Get<int, long>(3)).ShouldBe((10, null, 30));
    }

    [Fact]
    public void Per_cpu_values_belong_to_the_current_cpu()
    {
        foreach (var type in new[] { MapType.PerCpuArray, MapType.PerCpuHash })
        {
            var machine = new Machine(new MachineOptions { Cpus = 2 });
            var map = machine.AddMap(new MapSpec { Name = "counts", Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
            map.Set(0, 5L);
            machine.Cpu = 1;
            map.Get<int, long>(0).ShouldBe(0);
            map.Set(0, 6L);
            machine.Cpu = 0;
            map.Get<int, long>(0).ShouldBe(5);
        }
    }

    [Fact]
    public void Lpm_trie_finds_the_longest_prefix()
    {
        var map = Make(MapType.LpmTrie, 8, 4, 10, MapFlags.NoPreallocation);
        Insert(0, 0, 1);
        Insert(8, 0x0a000000, 2);
        Insert(20, 0x0a010000, 3);
        Insert(32, 0x0a010203, 4);
        Find(0x0b000000).ShouldBe(1);
        Find(0x0a020202).ShouldBe(2);
        Find(0x0a010f00).ShouldBe(3);
        Find(0x0a010203).ShouldBe(4);
        map.Delete(Prefix(20, 0x0a010000)).ShouldBe(0);
        Find(0x0a010f00).ShouldBe(2);
        map.Update(Prefix(33, 0), new byte[4], 0).ShouldBe(-22);

        void Insert(uint bits, uint address, int value) => map.Update(Prefix(bits, address), BitConverter.GetBytes(value), 0).ShouldBe(0);
        int? Find(uint address) => map.Get<ulong, int>(BitConverter.ToUInt64(Prefix(32, address)));
        static byte[] Prefix(uint bits, uint address)
        {
            var key = new byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(key, bits);
            BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(4), address);
            return key;
        }
    }

    [Theory]
    [InlineData(MapType.Queue, 1, 2)]
    [InlineData(MapType.Stack, 2, 1)]
    public void Queue_and_stack_keep_their_order(MapType type, int first, int second)
    {
        var map = Make(type, 0, 4, 2);
        map.Push(BitConverter.GetBytes(1), 0).ShouldBe(0);
        map.Push(BitConverter.GetBytes(2), 0).ShouldBe(0);
        map.Push(BitConverter.GetBytes(3), 0).ShouldBe(-7);
        var value = new byte[4];
        map.Pop(value, remove: false).ShouldBe(0);
        map.Pop(value, remove: true).ShouldBe(0);
        BitConverter.ToInt32(value).ShouldBe(first);
        map.Pop(value, remove: true).ShouldBe(0);
        BitConverter.ToInt32(value).ShouldBe(second);
        map.Pop(value, remove: true).ShouldBe(-2);
    }

    [Fact]
    public void Array_values_do_not_touch_each_other()
    {
        var machine = new Machine();
        var map = machine.AddMap(new MapSpec { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 3 });
        var address = map.Lookup(Key(1));
        machine.Memory.TryAccess(address, 8, write: true, out _).ShouldBeTrue();
        machine.Memory.TryAccess(address + 4, 8, write: true, out _).ShouldBeFalse();
        machine.Memory.TryAccess(address + 8, 1, write: true, out _).ShouldBeFalse();
        map.Lookup(Key(3)).ShouldBe(0u);
    }

    static VirtualMap Make(MapType type, uint key, uint value, uint entries, MapFlags flags = 0) =>
        new Machine().AddMap(new MapSpec { Name = "map", Type = type, KeySize = key, ValueSize = value, MaxEntries = entries, Flags = flags });

    static byte[] Key(int key) => BitConverter.GetBytes(key);
}
