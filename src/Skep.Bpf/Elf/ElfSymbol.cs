namespace Skep.Bpf;

/// <summary>A symbol of the symbol table.</summary>
readonly record struct ElfSymbol(string Name, ulong Value, ulong Size, byte Info, byte Other, ushort SectionIndex)
{
    public const ushort Undefined = 0;
    public const ushort FirstReserved = 0xff00;

    public ElfSymbolType Type => (ElfSymbolType)(Info & 0xf);

    public bool IsLocal => Info >> 4 == 0;

    public bool IsWeak => Info >> 4 == 2;

    /// <summary>Whether it is visible to other objects at link time only (<c>STV_HIDDEN</c>, <c>STV_INTERNAL</c>).</summary>
    public bool IsHidden => (Other & 3) is 1 or 2;

    public bool IsUndefined => SectionIndex == Undefined;

    /// <summary>Whether it lies in an ordinary section: not undefined, absolute or common.</summary>
    public bool IsDefined => SectionIndex is not Undefined and < FirstReserved;
}
