namespace Skep.Bpf.Instructions;

/// <summary>Bytes of a memory access.</summary>
public enum AccessSize : byte
{
    /// <summary>One byte (u8).</summary>
    Byte = 1,
    /// <summary>Two bytes (u16).</summary>
    Half = 2,
    /// <summary>Four bytes (u32).</summary>
    Word = 4,
    /// <summary>Eight bytes (u64).</summary>
    Double = 8,
}
