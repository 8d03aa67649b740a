using Skep.Bpf.Interop;

namespace Skep.Bpf.Interpreter;

/// <summary>A queue, a stack, or a bloom filter without false positives.</summary>
public sealed class VirtualQueue : VirtualMap
{
    const ulong ReplaceOldest = 2;

    readonly LinkedList<byte[]> _values = [];

    internal VirtualQueue(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <summary>The elements, oldest first.</summary>
    public IReadOnlyCollection<byte[]> Values => _values;

    /// <inheritdoc/>
    public override int Push(ReadOnlySpan<byte> value, ulong flags)
    {
        if (flags is not (0 or ReplaceOldest)) return -Errno.EINVAL;
        if (Spec.Type != MapType.BloomFilter && _values.Count >= Spec.MaxEntries)
        {
            if (flags != ReplaceOldest) return -Errno.E2BIG;
            _values.RemoveFirst();
        }
        _values.AddLast(value[..ValueSize].ToArray());
        return 0;
    }

    /// <inheritdoc/>
    public override int Pop(Span<byte> value, bool remove)
    {
        if (Spec.Type == MapType.BloomFilter)
        {
            var wanted = value[..ValueSize].ToArray();
            return !remove && _values.Any(v => v.AsSpan().SequenceEqual(wanted)) ? 0 : -Errno.ENOENT;
        }
        var next = Spec.Type == MapType.Queue ? _values.First : _values.Last;
        if (next is null)
        {
            value[..ValueSize].Clear();
            return -Errno.ENOENT;
        }
        next.Value.CopyTo(value);
        if (remove) _values.Remove(next);
        return 0;
    }
}
