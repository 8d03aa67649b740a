using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>A longest-prefix map: keys are a prefix length in bits (u32) and bytes in network order. A lookup tries every prefix, longest first.</summary>
public sealed class VirtualLpmTrie : VirtualMap
{
    readonly List<(uint Prefix, byte[] Key, MemoryRegion Value)> _entries = [];

    internal VirtualLpmTrie(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Keys => [.. _entries.Select(e => e.Key)];

    uint MaxPrefix => (uint)(KeySize - 4) * 8;

    /// <inheritdoc/>
    public override ulong Lookup(ReadOnlySpan<byte> key, int cpu)
    {
        var wanted = MemoryMarshal.Read<uint>(key);
        foreach (var entry in _entries)
        {
            if (entry.Prefix <= wanted && SharesPrefix(entry.Key, key, entry.Prefix)) return entry.Value.Address;
        }
        return 0;
    }

    /// <inheritdoc/>
    public override int Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        var prefix = MemoryMarshal.Read<uint>(key);
        if (flags > 2 || prefix > MaxPrefix) return -Errno.EINVAL;
        var at = Find(key);
        if (at >= 0 && flags == 1) return -Errno.EEXIST;
        if (at < 0 && flags == 2) return -Errno.ENOENT;
        if (at < 0 && _entries.Count >= Spec.MaxEntries) return -Errno.ENOSPC;
        if (at >= 0) Remove(at);
        var region = Memory.Map($"value of map '{Name}'", value[..ValueSize].ToArray(), !IsReadOnlyForPrograms);
        var position = _entries.FindIndex(e => e.Prefix < prefix);
        _entries.Insert(position < 0 ? _entries.Count : position, (prefix, key[..KeySize].ToArray(), region));
        return 0;
    }

    /// <inheritdoc/>
    public override int Delete(ReadOnlySpan<byte> key)
    {
        if (MemoryMarshal.Read<uint>(key) > MaxPrefix) return -Errno.EINVAL;
        var at = Find(key);
        if (at < 0) return -Errno.ENOENT;
        Remove(at);
        return 0;
    }

    int Find(ReadOnlySpan<byte> key)
    {
        var prefix = MemoryMarshal.Read<uint>(key);
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Prefix == prefix && SharesPrefix(_entries[i].Key, key, prefix)) return i;
        }
        return -1;
    }

    void Remove(int at)
    {
        Machine.ReleaseAtExit(_entries[at].Value);
        _entries.RemoveAt(at);
    }

    static bool SharesPrefix(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, uint bits)
    {
        var whole = (int)(bits / 8);
        if (!left.Slice(4, whole).SequenceEqual(right.Slice(4, whole))) return false;
        var rest = (int)(bits % 8);
        return rest == 0 || ((left[4 + whole] ^ right[4 + whole]) >> (8 - rest)) == 0;
    }
}
