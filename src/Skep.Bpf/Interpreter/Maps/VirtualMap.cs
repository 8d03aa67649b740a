using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>A map inside a <see cref="Machine"/>. Results of operations are 0 or a negated errno, as in the kernel.</summary>
public abstract class VirtualMap
{
    private protected VirtualMap(Machine machine, MapSpec spec)
    {
        Machine = machine;
        Spec = spec;
        Handle = machine.Memory.MapHandle(this);
    }

    /// <summary>What it was made from.</summary>
    public MapSpec Spec { get; }

    /// <summary>The map's name.</summary>
    public string Name => Spec.Name;

    /// <summary>The address that stands for this map in registers.</summary>
    public ulong Address => Handle.Address;

    private protected Machine Machine { get; }

    private protected VirtualMemory Memory => Machine.Memory;

    private protected int KeySize => (int)Spec.KeySize;

    private protected int ValueSize => (int)Spec.ValueSize;

    private protected bool IsReadOnlyForPrograms => (Spec.Flags & MapFlags.ProgramReadOnly) != 0;

    MemoryRegion Handle { get; }

    /// <summary>Address of a value on the current CPU, or 0.</summary>
    public ulong Lookup(ReadOnlySpan<byte> key) => Lookup(key, Machine.Cpu);

    /// <summary>Address of a value on one CPU, or 0.</summary>
    public virtual ulong Lookup(ReadOnlySpan<byte> key, int cpu) => 0;

    /// <summary>Sets a value on the current CPU.</summary>
    public virtual int Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => -Errno.EINVAL;

    /// <summary>Removes an element.</summary>
    public virtual int Delete(ReadOnlySpan<byte> key) => -Errno.EINVAL;

    /// <summary>Appends to a queue or stack, or adds to a bloom filter.</summary>
    public virtual int Push(ReadOnlySpan<byte> value, ulong flags) => -Errno.EINVAL;

    /// <summary>Copies the next element of a queue or stack and removes it, if <paramref name="remove"/>.</summary>
    public virtual int Pop(Span<byte> value, bool remove) => -Errno.EINVAL;

    /// <summary>The keys, in an order that may differ from the kernel's.</summary>
    public virtual IReadOnlyList<byte[]> Keys => [];

    /// <summary>A typed copy of a value on the current CPU; null when there is none.</summary>
    public TValue? Get<TKey, TValue>(TKey key) where TKey : unmanaged where TValue : unmanaged
    {
        var address = Lookup(MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key)));
        return address == 0 ? null : MemoryMarshal.Read<TValue>(Bytes(address, Unsafe.SizeOf<TValue>()));
    }

    /// <summary>Sets a typed value on the current CPU.</summary>
    public void Set<TKey, TValue>(TKey key, TValue value) where TKey : unmanaged where TValue : unmanaged
    {
        var result = Update(MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key)), MemoryMarshal.AsBytes(new ReadOnlySpan<TValue>(in value)), 0);
        if (result != 0) throw new BpfSyscallException($"update map '{Name}'", -result);
    }

    private protected Span<byte> Bytes(ulong address, int size)
    {
        Memory.TryFind(address, out var region);
        return region!.Bytes.Slice((int)(address - region.Address), size);
    }

    internal static VirtualMap Create(Machine machine, MapSpec spec) => spec.Type switch
    {
        MapType.Array or MapType.PerCpuArray => new VirtualArray(machine, spec),
        MapType.Hash or MapType.LruHash or MapType.PerCpuHash or MapType.LruPerCpuHash => new VirtualHash(machine, spec),
        MapType.LpmTrie => new VirtualLpmTrie(machine, spec),
        MapType.Queue or MapType.Stack or MapType.BloomFilter => new VirtualQueue(machine, spec),
        MapType.RingBuffer => new VirtualRingBuffer(machine, spec),
        MapType.PerfEventArray => new VirtualPerfEventArray(machine, spec),
        MapType.ProgArray => new VirtualProgramArray(machine, spec),
        MapType.ArrayOfMaps or MapType.HashOfMaps => new VirtualMapOfMaps(machine, spec),
        _ => new UnmodelledMap(machine, spec),
    };
}
