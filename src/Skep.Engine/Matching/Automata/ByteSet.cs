using System.Numerics;

namespace Skep.Engine.Matching.Automata;

/// <summary>A set of bytes.</summary>
readonly record struct ByteSet(ulong A, ulong B, ulong C, ulong D)
{
    public static readonly ByteSet All = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    public bool IsEmpty => (A | B | C | D) == 0;

    public int Count => BitOperations.PopCount(A) + BitOperations.PopCount(B) + BitOperations.PopCount(C) + BitOperations.PopCount(D);

    public static ByteSet Of(byte value) => default(ByteSet).With(value);

    public static ByteSet Range(int first, int last)
    {
        var set = default(ByteSet);
        for (var i = first; i <= last; i++) set = set.With((byte)i);
        return set;
    }

    public bool Contains(byte value) => ((value >> 6) switch { 0 => A, 1 => B, 2 => C, _ => D } >> (value & 63) & 1) != 0;

    public ByteSet With(byte value)
    {
        var bit = 1UL << (value & 63);
        return (value >> 6) switch
        {
            0 => this with { A = A | bit },
            1 => this with { B = B | bit },
            2 => this with { C = C | bit },
            _ => this with { D = D | bit },
        };
    }

    /// <summary>Letters of both ASCII cases where one is in the set.</summary>
    public ByteSet IgnoringCase()
    {
        const ulong Letters = 0x7fffffe;
        // 'A' is bit 1 and 'a' bit 33 of the second word.
        var letters = (B | B >> 32) & Letters;
        return this with { B = B | letters | letters << 32 };
    }

    public static ByteSet operator |(ByteSet left, ByteSet right) => new(left.A | right.A, left.B | right.B, left.C | right.C, left.D | right.D);

    public static ByteSet operator &(ByteSet left, ByteSet right) => new(left.A & right.A, left.B & right.B, left.C & right.C, left.D & right.D);

    public static ByteSet operator ~(ByteSet set) => new(~set.A, ~set.B, ~set.C, ~set.D);
}
