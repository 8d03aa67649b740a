using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>One argument of a USDT probe, as its note describes it. The layout is that of <c>struct usdt_argument</c> in <c>bpf/usdt.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct UsdtArgument
{
    /// <summary><see cref="IndexRegister"/> when there is no index.</summary>
    public const ushort NoRegister = ushort.MaxValue;

    /// <summary>The constant, or the displacement from the base register.</summary>
    public long Value { get; init; }

    /// <summary>Byte offset of the register, or of the base register, in <c>struct pt_regs</c>.</summary>
    public ushort Register { get; init; }

    /// <summary>Byte offset of the index register in <c>struct pt_regs</c>, or <see cref="NoRegister"/>.</summary>
    public ushort IndexRegister { get; init; }

    /// <summary>Where the value is.</summary>
    public UsdtArgumentKind Kind { get; init; }

    /// <summary>Bytes of the value: 1, 2, 4 or 8.</summary>
    public byte Size { get; init; }

    /// <summary>1 when the value is signed.</summary>
    public byte Signed { get; init; }

    /// <summary>By how many bits the index is shifted left: 0 to 3.</summary>
    public byte IndexShift { get; init; }

    /// <summary>Whether the value is signed.</summary>
    public bool IsSigned => Signed != 0;
}
