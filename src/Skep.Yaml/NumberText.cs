using System.Globalization;

namespace Skep.Yaml;

/// <summary>Whole numbers as Go writes them: decimal, 0x, 0b, 0o and octal by a leading zero.</summary>
static class NumberText
{
    public static bool TryParse(string text, out bool negative, out ulong magnitude) => TryParse(text, out negative, out magnitude, out _);

    /// <param name="text">The text.</param>
    /// <param name="negative">Whether it has a minus sign.</param>
    /// <param name="magnitude">The number without its sign.</param>
    /// <param name="bits">Whether it is written as a pattern of bits: in another base than ten.</param>
    public static bool TryParse(string text, out bool negative, out ulong magnitude, out bool bits)
    {
        magnitude = 0;
        bits = false;
        var digits = text.AsSpan();
        negative = digits.StartsWith("-");
        if (negative || digits.StartsWith("+")) digits = digits[1..];
        if (digits.Length == 0) return false;
        if (digits.Length == 1 || digits[0] != '0') return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out magnitude);
        bits = true;
        return digits[1] switch
        {
            'x' or 'X' => ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out magnitude),
            'b' or 'B' => TryParse(digits[2..], 1, out magnitude),
            'o' or 'O' => TryParse(digits[2..], 3, out magnitude),
            _ => TryParse(digits[1..], 3, out magnitude),
        };
    }

    static bool TryParse(ReadOnlySpan<char> digits, int bitsOfDigit, out ulong value)
    {
        value = 0;
        if (digits.Length == 0) return false;
        foreach (var digit in digits)
        {
            var number = digit - '0';
            if (number < 0 || number >= 1 << bitsOfDigit || value >> (64 - bitsOfDigit) != 0) return false;
            value = value << bitsOfDigit | (uint)number;
        }
        return true;
    }
}
