namespace Skep.Bpf;

/// <summary>Kinds of BTF type (include/uapi/linux/btf.h: <c>BTF_KIND_*</c>).</summary>
public enum BtfKind : byte
{
    /// <summary>The type <c>void</c>, id 0.</summary>
    Void = 0,
    /// <summary>An integer.</summary>
    Int = 1,
    /// <summary>A pointer.</summary>
    Pointer = 2,
    /// <summary>An array.</summary>
    Array = 3,
    /// <summary>A struct.</summary>
    Struct = 4,
    /// <summary>A union.</summary>
    Union = 5,
    /// <summary>An enumeration of 32-bit values.</summary>
    Enum = 6,
    /// <summary>A struct or union that is declared only.</summary>
    Forward = 7,
    /// <summary>A typedef.</summary>
    Typedef = 8,
    /// <summary>The qualifier volatile.</summary>
    Volatile = 9,
    /// <summary>The qualifier const.</summary>
    Const = 10,
    /// <summary>The qualifier restrict.</summary>
    Restrict = 11,
    /// <summary>A function; its type is a prototype.</summary>
    Function = 12,
    /// <summary>A function prototype.</summary>
    FunctionPrototype = 13,
    /// <summary>A global variable.</summary>
    Variable = 14,
    /// <summary>A data section: variables with offset and size.</summary>
    DataSection = 15,
    /// <summary>A floating-point number.</summary>
    Float = 16,
    /// <summary>An attribute of a declaration.</summary>
    DeclarationTag = 17,
    /// <summary>An attribute of a type.</summary>
    TypeTag = 18,
    /// <summary>An enumeration of 64-bit values.</summary>
    Enum64 = 19,
}
