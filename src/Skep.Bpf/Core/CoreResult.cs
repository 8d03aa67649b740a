namespace Skep.Bpf;

/// <summary>What a CO-RE relocation comes to on the targets' types.</summary>
public readonly record struct CoreResult
{
    /// <summary>The value for the instruction: an offset, size, id, flag or enumerator's value (sign-extended).</summary>
    public ulong Value { get; init; }

    /// <summary>The value that the compiler should have left in the instruction, by the object's own types.</summary>
    public ulong OriginalValue { get; init; }

    /// <summary>Whether nothing matches and no value makes sense: the instruction must never run.</summary>
    public bool IsPoisoned { get; init; }

    /// <summary>Whether the instruction must hold <see cref="OriginalValue"/>; not for ids and bitfields, where compilers may differ.</summary>
    public bool IsOriginalChecked { get; init; }

    /// <summary>The bits of <see cref="OriginalValue"/> that count: BTF keeps only the low 32 of an enumerator of kind Enum, and older compilers leave out its sign.</summary>
    public ulong OriginalMask { get; init; }

    /// <summary>Bytes of the field (for an array, of its element) in the object; 0 when the size does not matter.</summary>
    public uint OriginalSize { get; init; }

    /// <summary>Bytes of the field in the target.</summary>
    public uint Size { get; init; }

    /// <summary>Whether loads and stores would be wrong even with another width: the sizes differ, and the field is not a pointer or unsigned integer on both sides.</summary>
    public bool IsSizeIncompatible { get; init; }

    /// <summary>The matching type in the kernel or a module; void when there is none or none is asked for.</summary>
    public BtfType Target { get; init; }
}
