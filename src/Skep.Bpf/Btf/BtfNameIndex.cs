namespace Skep.Bpf;

/// <summary>
/// A hash index from essential name to the types of one blob: two integers a type, built when lookups become many.
/// Chains run in ascending order of id, as a linear search would.
/// </summary>
sealed class BtfNameIndex
{
    readonly int[] _heads;
    readonly int[] _next;
    readonly uint _firstId;

    public BtfNameIndex(Btf btf)
    {
        _firstId = btf.FirstId;
        var count = (int)(btf.Count - btf.FirstId);
        _next = new int[count];
        _heads = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1))];
        for (var i = count - 1; i >= 0; i--)
        {
            var tail = btf.StringTail(btf.NameOffsetOf(_firstId + (uint)i));
            if (tail.IsEmpty || tail[0] == 0) continue;
            ref var head = ref _heads[BtfName.Hash(tail) & (uint)(_heads.Length - 1)];
            _next[i] = head;
            head = i + 1;
        }
    }

    /// <summary>The first type that may have the name; 0 for none.</summary>
    public uint First(ReadOnlySpan<byte> name) => ToId(_heads[BtfName.Hash(name) & (uint)(_heads.Length - 1)]);

    /// <summary>The next one that may.</summary>
    public uint Next(uint id) => ToId(_next[id - _firstId]);

    uint ToId(int link) => link == 0 ? 0 : _firstId + (uint)link - 1;
}
