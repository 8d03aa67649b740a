namespace Skep.Falco.Evaluation;

/// <summary>A field's value in an event. Its bytes are the event's own and stand until the event changes.</summary>
public readonly ref struct FieldValue
{
    FieldValue(ulong bits, ReadOnlySpan<byte> bytes)
    {
        Bits = bits;
        Bytes = bytes;
    }

    /// <summary>A number, a boolean as 0 or 1, or the bits of a fraction.</summary>
    public ulong Bits { get; }

    /// <summary>A text, or an address of 4 or 16 bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The number as a signed one.</summary>
    public long Signed => (long)Bits;

    /// <summary>The fraction.</summary>
    public double Fraction => BitConverter.UInt64BitsToDouble(Bits);

    /// <summary>A text, bytes or an address.</summary>
    public static FieldValue Of(ReadOnlySpan<byte> bytes) => new(0, bytes);

    /// <summary>A boolean.</summary>
    public static FieldValue Of(bool value) => new(value ? 1UL : 0, default);

    /// <summary>A signed number.</summary>
    public static FieldValue Of(long value) => new((ulong)value, default);

    /// <summary>An unsigned number.</summary>
    public static FieldValue Of(ulong value) => new(value, default);

    /// <summary>A fraction.</summary>
    public static FieldValue Of(double value) => new(BitConverter.DoubleToUInt64Bits(value), default);
}
