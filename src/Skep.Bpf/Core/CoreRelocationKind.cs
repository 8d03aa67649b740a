namespace Skep.Bpf;

/// <summary>What a CO-RE relocation asks about the running kernel's types (include/uapi/linux/bpf.h: <c>enum bpf_core_relo_kind</c>).</summary>
public enum CoreRelocationKind
{
    /// <summary>Byte offset of a field.</summary>
    FieldByteOffset = 0,
    /// <summary>Size of a field in bytes.</summary>
    FieldByteSize = 1,
    /// <summary>1 when the field exists.</summary>
    FieldExists = 2,
    /// <summary>1 when the field is signed.</summary>
    FieldSigned = 3,
    /// <summary>Left shift that extracts a bitfield from a 64-bit word.</summary>
    FieldLeftShift64 = 4,
    /// <summary>Right shift that extracts a bitfield from a 64-bit word.</summary>
    FieldRightShift64 = 5,
    /// <summary>BTF id of the type in the object's own BTF.</summary>
    LocalTypeId = 6,
    /// <summary>BTF id of the matching type in the kernel.</summary>
    TargetTypeId = 7,
    /// <summary>1 when a matching type exists.</summary>
    TypeExists = 8,
    /// <summary>Size of the matching type in bytes.</summary>
    TypeSize = 9,
    /// <summary>1 when the enumerator exists.</summary>
    EnumValueExists = 10,
    /// <summary>Value of the enumerator.</summary>
    EnumValue = 11,
    /// <summary>1 when a kernel type matches in shape.</summary>
    TypeMatches = 12,
}
