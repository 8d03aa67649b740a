namespace Skep.Bpf.Interpreter;

/// <summary>A ring buffer. Nobody consumes it by itself: <see cref="Records"/> holds what was submitted.</summary>
public sealed class VirtualRingBuffer : VirtualMap
{
    const int HeaderSize = 8;

    readonly Dictionary<ulong, (MemoryRegion Region, int Position)> _reserved = [];
    readonly List<byte[]?> _records = [];
    int _first;
    long _used;

    internal VirtualRingBuffer(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <summary>Submitted records that were not taken yet, in the order of their reservation.</summary>
    public IReadOnlyList<byte[]> Records => [.. _records.Skip(_first).OfType<byte[]>()];

    /// <summary>Records reserved and neither submitted nor discarded.</summary>
    public int Reserved => _reserved.Count;

    /// <summary>Bytes that unread records take, headers included.</summary>
    public long UsedBytes => _used;

    /// <summary>Consumes what was submitted.</summary>
    public IReadOnlyList<byte[]> Take()
    {
        var records = Records;
        _first = _records.Count;
        _used = _reserved.Values.Sum(r => Footprint(r.Region.Bytes.Length));
        return records;
    }

    internal ulong Reserve(ulong size)
    {
        if (size > Spec.MaxEntries || _used + Footprint((long)size) > Spec.MaxEntries) return 0;
        var region = Memory.Map($"record of ring buffer '{Name}'", new byte[size]);
        _reserved.Add(region.Address, (region, _records.Count));
        _records.Add(null);
        _used += Footprint((long)size);
        return region.Address;
    }

    internal bool Commit(ulong address, bool discard)
    {
        if (!_reserved.Remove(address, out var record)) return false;
        if (!discard) _records[record.Position] = record.Region.Bytes.ToArray();
        Memory.Unmap(record.Region);
        return true;
    }

    static long Footprint(long size) => (size + HeaderSize + 7) & ~7L;
}
