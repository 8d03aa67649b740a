using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>The targets of <c>bpf_tail_call</c>. Requires at least Linux 4.2.</summary>
public sealed class ProgArray : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no prog array.</exception>
    public ProgArray(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.ProgArray);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Puts a program into a slot, atomically for programs that jump there at the same time.</summary>
    /// <exception cref="BpfSyscallException">EINVAL: the program's type or properties differ from those of the programs already there.</exception>
    public void Set(uint index, BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var fd = program.Fd.Value;
        Map.Update(Key(in index), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)));
        GC.KeepAlive(program);
    }

    /// <summary>Empties a slot: tail calls there fall through. False when it is empty.</summary>
    public bool Clear(uint index) => Map.Delete(Key(in index));

    /// <summary>The id of the program in a slot; false when it is empty.</summary>
    public bool TryGetProgramId(uint index, out uint id)
    {
        id = 0;
        return Map.TryLookup(Key(in index), MemoryMarshal.AsBytes(new Span<uint>(ref id)));
    }

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint index) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index));
}
