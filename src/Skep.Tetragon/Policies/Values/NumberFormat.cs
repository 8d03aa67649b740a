using Skep.Engine.Rules;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Values;

/// <summary>Numbers of one width and sign, kept as 64-bit patterns.</summary>
readonly record struct NumberFormat(int Bits, bool Signed)
{
    public long Least => Signed ? long.MinValue >> (64 - Bits) : 0;

    /// <summary>As a pattern: -1 for 64 bits without sign.</summary>
    public long Most => Signed ? long.MaxValue >> (64 - Bits) : (long)(ulong.MaxValue >> (64 - Bits));

    /// <summary>What is written as bits may use the sign's bit: <c>0xffffffff</c> is -1.</summary>
    public bool TryParse(string text, out long pattern)
    {
        pattern = 0;
        if (!NumberText.TryParse(text, out var negative, out var magnitude, out var bits)) return false;
        if (negative)
        {
            if (magnitude == 0) return true;
            if (!Signed || magnitude > 1UL << (Bits - 1)) return false;
            pattern = unchecked(-(long)magnitude);
            return true;
        }
        if (magnitude > ulong.MaxValue >> (64 - Bits)) return false;
        pattern = unchecked((long)magnitude);
        if (!Signed || magnitude <= (ulong)Most) return true;
        pattern = pattern << (64 - Bits) >> (64 - Bits);
        return bits;
    }

    public bool IsOrdered(NumberRange range) => Signed ? range.First <= range.Last : (ulong)range.First <= (ulong)range.Last;

    /// <summary>Null where nothing is greater.</summary>
    public NumberRange? Above(long pattern) => pattern == Most ? null : new(pattern + 1, Most);

    /// <summary>Null where nothing is less.</summary>
    public NumberRange? Below(long pattern) => pattern == Least ? null : new(Least, pattern - 1);

    public override string ToString() => $"{Bits} bits {(Signed ? "with" : "without")} sign";
}
