namespace Skep.Engine.Matching;

/// <summary>A range of unsigned numbers, ends included, and the number under which a value in it is reported; see <see cref="NumberedPattern"/>.</summary>
/// <param name="Number">From 0.</param>
/// <param name="First">The lowest value.</param>
/// <param name="Last">The highest value.</param>
public readonly record struct NumberedRange(int Number, ulong First, ulong Last)
{
    /// <summary>A range of signed numbers in 64 bits: two where it crosses zero.</summary>
    public static IEnumerable<NumberedRange> Signed(int number, long first, long last) => first < 0 && last >= 0
        ? [new(number, (ulong)first, ulong.MaxValue), new(number, 0, (ulong)last)]
        : [new(number, (ulong)first, (ulong)last)];
}
