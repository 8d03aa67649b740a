using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>Types of values. A register always holds all 64 bits: narrow types are zero- or sign-extended in it.</summary>
public enum ScalarType
{
    /// <summary>Unsigned, 8 bits.</summary>
    U8,
    /// <summary>Unsigned, 16 bits.</summary>
    U16,
    /// <summary>Unsigned, 32 bits.</summary>
    U32,
    /// <summary>Unsigned, 64 bits.</summary>
    U64,
    /// <summary>Signed, 8 bits.</summary>
    S8,
    /// <summary>Signed, 16 bits.</summary>
    S16,
    /// <summary>Signed, 32 bits.</summary>
    S32,
    /// <summary>Signed, 64 bits.</summary>
    S64,
    /// <summary>An address.</summary>
    Pointer = 11,
}

static class ScalarTypes
{
    public static bool IsSigned(this ScalarType type) => type is >= ScalarType.S8 and <= ScalarType.S64;

    // The low two bits of every value are the logarithm of the size.
    public static int Bytes(this ScalarType type) => 1 << ((int)type & 3);

    public static AccessSize Size(this ScalarType type) => (AccessSize)type.Bytes();

    public static ScalarType Unsigned(int bytes) => bytes switch
    {
        1 => ScalarType.U8,
        2 => ScalarType.U16,
        4 => ScalarType.U32,
        8 => ScalarType.U64,
        _ => throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "a number has 1, 2, 4 or 8 bytes"),
    };
}
