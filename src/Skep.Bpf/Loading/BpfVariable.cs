using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// A global variable of a loaded object. Where the kernel maps data sections (since Linux 5.5) reads and writes are plain memory accesses that
/// programs see at once; else they are system calls that read or write the whole section.
/// </summary>
public sealed class BpfVariable
{
    readonly BpfObject _object;
    readonly VariableSpec _spec;

    internal BpfVariable(BpfObject owner, VariableSpec spec, BpfMap map) => (_object, _spec, Map) = (owner, spec, map);

    /// <summary>Name of the variable.</summary>
    public string Name => _spec.Name;

    /// <summary>The data section that holds it.</summary>
    public BpfMap Map { get; }

    /// <summary>Byte offset in the section.</summary>
    public int Offset => _spec.Offset;

    /// <summary>Size in bytes.</summary>
    public int Size => _spec.Size;

    /// <summary>Whether it is constant: in a section that was frozen.</summary>
    public bool IsReadOnly => _spec.Map.Freeze;

    /// <summary>Reads the value. Fails when the sizes differ.</summary>
    public T Get<T>() where T : unmanaged
    {
        CheckSize(Unsafe.SizeOf<T>());
        var value = default(T);
        CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    /// <summary>Writes the value. Fails when the sizes differ or the variable is constant.</summary>
    public void Set<T>(T value) where T : unmanaged
    {
        CheckSize(Unsafe.SizeOf<T>());
        CopyFrom(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
    }

    /// <summary>A reference into the section's memory: for atomic counters and hot paths. It must not be used after the object was disposed.</summary>
    /// <exception cref="BpfException">The kernel does not map the section, or the sizes differ.</exception>
    public ref T Reference<T>() where T : unmanaged
    {
        CheckSize(Unsafe.SizeOf<T>());
        var memory = _object.MemoryOf(Map) ?? throw new BpfException($"variable '{Name}': section {Map.Name} cannot be mapped in this kernel");
        return ref memory.Value<T>(Offset);
    }

    /// <summary>Copies the variable's bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        CheckSize(destination.Length);
        if (_object.MemoryOf(Map) is { } memory)
        {
            memory.GetSpan().Slice(Offset, Size).CopyTo(destination);
            return;
        }
        ReadSection().AsSpan(Offset, Size).CopyTo(destination);
    }

    /// <summary>Writes the variable's bytes.</summary>
    public void CopyFrom(ReadOnlySpan<byte> source)
    {
        CheckSize(source.Length);
        if (IsReadOnly) throw new BpfException($"variable '{Name}' is constant: section {Map.Name} was frozen at the load; set it in the ObjectSpec before");
        if (_object.MemoryOf(Map) is { } memory)
        {
            source.CopyTo(memory.GetSpan().Slice(Offset, Size));
            return;
        }
        // The kernel only takes whole elements: what programs write into other variables meanwhile is lost.
        var section = ReadSection();
        source.CopyTo(section.AsSpan(Offset, Size));
        Map.Update([0, 0, 0, 0], section);
    }

    byte[] ReadSection()
    {
        var section = new byte[Map.ValueSize];
        if (!Map.TryLookup([0, 0, 0, 0], section)) throw new BpfException($"variable '{Name}': section {Map.Name} has no value");
        return section;
    }

    void CheckSize(int size)
    {
        if (size != Size) throw new BpfException($"variable '{Name}' has {Size} bytes, the value has {size}");
    }
}
