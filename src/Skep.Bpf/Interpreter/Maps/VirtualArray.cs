using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>An array, per CPU or not. A data section is an array of one element.</summary>
public sealed class VirtualArray : VirtualMap
{
    const int Gap = 8;

    readonly MemoryRegion[] _cpus;
    readonly int _stride;

    internal VirtualArray(Machine machine, MapSpec spec) : base(machine, spec)
    {
        var single = spec.MaxEntries == 1;
        _stride = single ? ValueSize : checked(((ValueSize + 7) & ~7) + Gap);
        _cpus = new MemoryRegion[spec.Type == MapType.PerCpuArray ? machine.Options.Cpus : 1];
        for (var cpu = 0; cpu < _cpus.Length; cpu++)
        {
            var bytes = new byte[checked(_stride * (int)spec.MaxEntries)];
            spec.Data?.AsSpan(0, Math.Min(spec.Data.Length, bytes.Length)).CopyTo(bytes);
            _cpus[cpu] = Memory.MapElements($"value of map '{spec.Name}'", bytes, !IsReadOnlyForPrograms, ValueSize, single ? 0 : _stride);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Keys => [.. Enumerable.Range(0, (int)Spec.MaxEntries).Select(BitConverter.GetBytes)];

    /// <summary>The value at an index on one CPU.</summary>
    public Span<byte> ValueAt(int index, int cpu = 0) => _cpus[cpu].Bytes.Slice(index * _stride, ValueSize);

    /// <inheritdoc/>
    public override ulong Lookup(ReadOnlySpan<byte> key, int cpu)
    {
        var index = MemoryMarshal.Read<uint>(key);
        return index < Spec.MaxEntries ? _cpus[_cpus.Length == 1 ? 0 : cpu].Address + index * (ulong)_stride : 0;
    }

    /// <inheritdoc/>
    public override int Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        // kernel/bpf/arraymap.c: array_map_update_elem
        if ((flags & ~4UL) > 2) return -Errno.EINVAL;
        var address = Lookup(key);
        if (address == 0) return -Errno.E2BIG;
        if ((flags & 1) != 0) return -Errno.EEXIST;
        value[..ValueSize].CopyTo(Bytes(address, ValueSize));
        return 0;
    }

    internal ulong AddressOf(int offset) => _cpus[0].Address + (ulong)offset;
}
