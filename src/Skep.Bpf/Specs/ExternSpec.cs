namespace Skep.Bpf;

/// <summary>A symbol that an object declares and does not define.</summary>
public sealed class ExternSpec
{
    /// <summary>Name of the symbol.</summary>
    public required string Name { get; init; }

    /// <summary>What it refers to.</summary>
    public required ExternKind Kind { get; init; }

    /// <summary>Whether a missing symbol is zero instead of an error.</summary>
    public bool IsWeak { get; init; }

    /// <summary>Type in the object's BTF: the variable's type, or the FUNC's prototype; 0 when untyped.</summary>
    public uint TypeId { get; init; }

    /// <summary>For Kconfig values: byte offset in the <c>.kconfig</c> map.</summary>
    public int Offset { get; init; }

    /// <summary>For Kconfig values: size in bytes.</summary>
    public int Size { get; init; }
}
