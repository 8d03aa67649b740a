namespace Skep.Bpf.Instructions;

/// <summary>Operations of an atomic instruction, held in its immediate (RFC 9669 §5.3; include/uapi/linux/bpf.h).</summary>
public static class AtomicOperation
{
    /// <summary>Flag: the register operand receives the old value. Requires at least Linux 5.12.</summary>
    public const int Fetch = 0x01;
    /// <summary>*address += src.</summary>
    public const int Add = 0x00;
    /// <summary>*address |= src. Requires at least Linux 5.12.</summary>
    public const int Or = 0x40;
    /// <summary>*address &amp;= src. Requires at least Linux 5.12.</summary>
    public const int And = 0x50;
    /// <summary>*address ^= src. Requires at least Linux 5.12.</summary>
    public const int Xor = 0xa0;
    /// <summary>Swaps src and *address. Requires at least Linux 5.12.</summary>
    public const int Exchange = 0xe0 | Fetch;
    /// <summary>Stores src when *address equals r0; r0 receives the old value. Requires at least Linux 5.12.</summary>
    public const int CompareExchange = 0xf0 | Fetch;
    /// <summary>dst = *address with acquire semantics. Requires at least Linux 6.15.</summary>
    public const int LoadAcquire = 0x100;
    /// <summary>*address = src with release semantics. Requires at least Linux 6.15.</summary>
    public const int StoreRelease = 0x110;

    internal static string? FetchName(int operation) => operation switch
    {
        Add | Fetch => "add",
        Or | Fetch => "or",
        And | Fetch => "and",
        Xor | Fetch => "xor",
        _ => null,
    };
}
