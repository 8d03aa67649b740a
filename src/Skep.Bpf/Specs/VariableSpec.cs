using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>A global variable of an object, rewritable before load.</summary>
public sealed class VariableSpec
{
    /// <summary>Name of the variable.</summary>
    public required string Name { get; init; }

    /// <summary>The data section's map that holds it.</summary>
    public required MapSpec Map { get; init; }

    /// <summary>Byte offset in the section.</summary>
    public required int Offset { get; init; }

    /// <summary>Size in bytes.</summary>
    public required int Size { get; init; }

    /// <summary>Type in the object's BTF; 0 when untyped.</summary>
    public uint TypeId { get; init; }

    /// <summary>Visibility.</summary>
    public Linkage Linkage { get; init; } = Linkage.Global;

    /// <summary>Whether another object's strong definition replaces this one when objects are linked.</summary>
    public bool IsWeak { get; init; }

    /// <summary>The initial bytes, writable in place.</summary>
    public Span<byte> Bytes => (Map.Data ?? throw new BpfException($"variable '{Name}': section {Map.Name} has no data")).AsSpan(Offset, Size);

    /// <summary>Sets the initial value. Fails when the sizes differ.</summary>
    public void Set<T>(T value) where T : unmanaged
    {
        CheckSize(Unsafe.SizeOf<T>());
        MemoryMarshal.Write(Bytes, in value);
    }

    /// <summary>Reads the initial value. Fails when the sizes differ.</summary>
    public T Get<T>() where T : unmanaged
    {
        CheckSize(Unsafe.SizeOf<T>());
        return MemoryMarshal.Read<T>(Bytes);
    }

    void CheckSize(int size)
    {
        if (size != Size) throw new BpfException($"variable '{Name}' has {Size} bytes, the value has {size}");
    }
}
