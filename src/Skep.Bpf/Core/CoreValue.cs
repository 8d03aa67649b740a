namespace Skep.Bpf;

/// <summary>Evaluates a path against the types that it lies in: the answer to a relocation on one side.</summary>
/// <param name="Value">The answer.</param>
/// <param name="IsMissing">There is no path and no sensible answer.</param>
/// <param name="IsExact">Compilers agree on the answer, so that the original instruction can be checked against it.</param>
/// <param name="Size">Bytes loaded or stored; 0 when it does not matter.</param>
/// <param name="Accessed">Type of what is loaded or stored.</param>
readonly record struct CoreValue(ulong Value, bool IsMissing = false, bool IsExact = true, uint Size = 0, BtfType Accessed = default)
{
    public static CoreValue Of(CorePath? path, CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldExists or CoreRelocationKind.EnumValueExists => new(path is null ? 0u : 1u),
        CoreRelocationKind.TargetTypeId => new(path?.RootId ?? 0, IsExact: false),
        CoreRelocationKind.TypeExists or CoreRelocationKind.TypeMatches => new(path is null ? 0u : 1u),
        CoreRelocationKind.TypeSize => new(path is null ? 0 : path.Btf.SizeOf(path.RootId)),
        _ when path is null => new(0, IsMissing: true),
        CoreRelocationKind.EnumValue => new((ulong)path.Btf[path.Last.TypeId].Enumerator(path.Last.Index).Value),
        _ => path.Last.IsNamed ? OfMember(path, kind) : OfElement(path, kind),
    };

    static CoreValue OfElement(CorePath path, CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldByteOffset => WithAccess(path, path.Last.TypeId, path.BitOffset / 8),
        CoreRelocationKind.FieldByteSize => new(path.Btf.SizeOf(path.Last.TypeId)),
        _ => throw new BpfFormatException($"BTF {path.Btf.Name}: relocation {kind} cannot be applied to an array element or a whole type: {path}"),
    };

    static CoreValue OfMember(CorePath path, CoreRelocationKind kind)
    {
        var member = path.Btf[path.Last.TypeId].Member(path.Last.Index);
        var type = path.Btf.Resolve(member.TypeId);
        var isBitfield = member.BitfieldSize > 0;
        ulong byteSize, byteOffset;
        ulong bits = member.BitfieldSize;
        if (isBitfield)
        {
            (byteOffset, byteSize) = StorageOf(path, type, bits);
        }
        else
        {
            byteSize = path.Btf.SizeOf(type.Id);
            byteOffset = path.BitOffset / 8;
            bits = byteSize * 8;
        }

        return kind switch
        {
            CoreRelocationKind.FieldByteOffset => isBitfield ? new(byteOffset, IsExact: false) : WithAccess(path, type.Id, byteOffset),
            CoreRelocationKind.FieldByteSize => new(byteSize, IsExact: !isBitfield),
            CoreRelocationKind.FieldSigned => new(IsSigned(type) ? 1u : 0u),
            CoreRelocationKind.FieldLeftShift64 => new(LeftShift(path, byteOffset, byteSize, bits), IsExact: !isBitfield),
            CoreRelocationKind.FieldRightShift64 => new(64 - Math.Min(bits, 64)),
            _ => throw new BpfFormatException($"BTF {path.Btf.Name}: unknown CO-RE relocation kind {(int)kind}"),
        };
    }

    // The smallest aligned integer, no narrower than the declared type, that holds all bits of the field.
    static (ulong Offset, ulong Size) StorageOf(CorePath path, BtfType type, ulong bits)
    {
        ulong size = type.Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 ? type.Size : 0;
        for (; size is 1 or 2 or 4 or 8; size *= 2)
        {
            var offset = path.BitOffset / 8 / size * size;
            if (path.BitOffset + bits - offset * 8 <= size * 8) return (offset, size);
        }
        throw new BpfFormatException($"BTF {path.Btf.Name}: the bitfield {path} cannot be read with one 64-bit load");
    }

    static ulong LeftShift(CorePath path, ulong byteOffset, ulong byteSize, ulong bits)
    {
        var bitOffset = path.BitOffset - byteOffset * 8;
        return path.Btf.ByteOrder == ByteOrder.Little ? 64 - Math.Min(bitOffset + bits, 64) : (8 - Math.Min(byteSize, 8)) * 8 + bitOffset;
    }

    static bool IsSigned(BtfType type) => type.Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 && type.IsSigned;

    // A load of arr[0] is recorded as the array's: what is loaded is an element.
    static CoreValue WithAccess(CorePath path, uint typeId, ulong byteOffset)
    {
        var type = path.Btf.Resolve(typeId);
        for (var depth = 0; type.Kind == BtfKind.Array && depth < Btf.MaxDepth; depth++) type = path.Btf.Resolve(type.ElementTypeId);
        var hasSize = type.Kind is not (BtfKind.Void or BtfKind.Forward or BtfKind.FunctionPrototype);
        return new(byteOffset, Size: hasSize ? (uint)path.Btf.SizeOf(type.Id) : 0, Accessed: type);
    }
}
