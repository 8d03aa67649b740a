using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>A hash map, per CPU or not. The LRU kinds evict the element whose last lookup or update is the oldest.</summary>
public sealed class VirtualHash : VirtualMap
{
    readonly Dictionary<byte[], Element> _elements = new(ByteArrayComparer.Instance);
    readonly Dictionary<byte[], Element>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    readonly LinkedList<byte[]> _order = [];

    internal VirtualHash(Machine machine, MapSpec spec) : base(machine, spec) => _bySpan = _elements.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Keys => [.. _order];

    bool IsPerCpu => Spec.Type is MapType.PerCpuHash or MapType.LruPerCpuHash;

    bool IsLru => Spec.Type is MapType.LruHash or MapType.LruPerCpuHash;

    /// <inheritdoc/>
    public override ulong Lookup(ReadOnlySpan<byte> key, int cpu)
    {
        if (!_bySpan.TryGetValue(key[..KeySize], out var element)) return 0;
        if (IsLru) Refresh(element);
        return element.Values[IsPerCpu ? cpu : 0].Address;
    }

    /// <inheritdoc/>
    public override int Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        // kernel/bpf/hashtab.c: htab_map_update_elem, check_flags
        if ((flags & ~4UL) > 2) return -Errno.EINVAL;
        key = key[..KeySize];
        if (_bySpan.TryGetValue(key, out var element))
        {
            if ((flags & 1) != 0) return -Errno.EEXIST;
            if (IsLru) Refresh(element);
            if (IsPerCpu)
            {
                value[..ValueSize].CopyTo(element.Values[Machine.Cpu].Bytes);
                return 0;
            }
            // The kernel puts a new element in place of the old one: a pointer to the old value keeps seeing the old bytes.
            Machine.ReleaseAtExit(element.Values[0]);
            element.Values[0] = NewValue(value);
            return 0;
        }
        if ((flags & 2) != 0) return -Errno.ENOENT;
        if (_elements.Count >= Spec.MaxEntries)
        {
            if (!IsLru) return -Errno.E2BIG;
            Delete(_order.First!.Value);
        }
        var values = new MemoryRegion[IsPerCpu ? Machine.Options.Cpus : 1];
        for (var cpu = 0; cpu < values.Length; cpu++) values[cpu] = NewValue(!IsPerCpu || cpu == Machine.Cpu ? value : new byte[ValueSize]);
        var stored = key.ToArray();
        _elements.Add(stored, new Element(values, _order.AddLast(stored)));
        return 0;
    }

    /// <inheritdoc/>
    public override int Delete(ReadOnlySpan<byte> key)
    {
        if (!_bySpan.Remove(key[..KeySize], out _, out var element)) return -Errno.ENOENT;
        _order.Remove(element.Position);
        foreach (var value in element.Values) Machine.ReleaseAtExit(value);
        return 0;
    }

    MemoryRegion NewValue(ReadOnlySpan<byte> value) => Memory.Map($"value of map '{Name}'", value[..ValueSize].ToArray(), !IsReadOnlyForPrograms);

    void Refresh(Element element)
    {
        _order.Remove(element.Position);
        _order.AddLast(element.Position);
    }

    sealed record Element(MemoryRegion[] Values, LinkedListNode<byte[]> Position);
}
