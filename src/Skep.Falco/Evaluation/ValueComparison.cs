using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>Compares two values of one type.</summary>
static class ValueComparison
{
    public static bool IsNumber(FieldType type) => type is >= FieldType.Int16 and <= FieldType.Double;

    public static bool IsSigned(FieldType type) => type is FieldType.Int16 or FieldType.Int32 or FieldType.Int64;

    public static bool IsText(FieldType type) => type is FieldType.Text or FieldType.Bytes;

    public static bool Holds(FalcoOperator comparison, FieldType type, FieldValue left, FieldValue right)
    {
        if (IsText(type) && HoldsForText(comparison, left.Bytes, right.Bytes) is { } holds) return holds;
        var order = Order(type, left, right);
        return comparison switch
        {
            FalcoOperator.Equal or FalcoOperator.In or FalcoOperator.Intersects => order == 0,
            FalcoOperator.NotEqual => order != 0,
            FalcoOperator.Less => order < 0,
            FalcoOperator.LessOrEqual => order <= 0,
            FalcoOperator.Greater => order > 0,
            FalcoOperator.GreaterOrEqual => order >= 0,
            _ => false,
        };
    }

    static int Order(FieldType type, FieldValue left, FieldValue right) => type switch
    {
        FieldType.Double => left.Fraction.CompareTo(right.Fraction),
        _ when IsSigned(type) => left.Signed.CompareTo(right.Signed),
        _ when IsNumber(type) || type == FieldType.Bool => left.Bits.CompareTo(right.Bits),
        _ => left.Bytes.SequenceCompareTo(right.Bytes),
    };

    static bool? HoldsForText(FalcoOperator comparison, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => comparison switch
    {
        FalcoOperator.Equal or FalcoOperator.In or FalcoOperator.Intersects => left.SequenceEqual(right),
        FalcoOperator.Contains => left.IndexOf(right) >= 0,
        FalcoOperator.ContainsIgnoringCase => ContainsIgnoringCase(left, right),
        FalcoOperator.StartsWith => left.StartsWith(right),
        FalcoOperator.EndsWith => left.EndsWith(right),
        _ => null,
    };

    public static bool ContainsIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty) return true;
        for (; text.Length >= part.Length; text = text[1..])
        {
            if (EqualsIgnoringCase(text[..part.Length], part)) return true;
        }
        return false;
    }

    // Ascii.EqualsIgnoreCase refuses texts that are not all ASCII.
    static bool EqualsIgnoringCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (Lower(text[i]) != Lower(other[i])) return false;
        }
        return true;
    }

    public static byte Lower(byte c) => c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
