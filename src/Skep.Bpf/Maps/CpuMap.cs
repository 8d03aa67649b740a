using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>CPUs to which XDP programs hand packets with <c>bpf_redirect_map</c>. Requires at least Linux 4.15.</summary>
public sealed class CpuMap : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no cpumap.</exception>
    public CpuMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.CpuMap);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Starts a kernel thread for a CPU, and with values of 8 bytes a program (attach type XDP cpumap) that it runs (Linux 5.9).</summary>
    /// <param name="cpu">The CPU.</param>
    /// <param name="queueSize">Packets that may wait, 1 to 16384.</param>
    /// <param name="program">Runs on each packet.</param>
    public void Set(uint cpu, uint queueSize, BpfProgram? program = null)
    {
        if (program is not null && Map.ValueSize < 8) throw new BpfException($"map '{Map.Name}' has values of {Map.ValueSize} bytes; a program needs 8");
        ReadOnlySpan<uint> value = [queueSize, (uint)(program?.Fd.Value ?? 0)];
        Map.Update(Key(in cpu), MemoryMarshal.AsBytes(value)[..Map.UserValueSize]);
        GC.KeepAlive(program);
    }

    /// <summary>What is set for a CPU; false when nothing is.</summary>
    public bool TryLookup(uint cpu, out CpuMapEntry entry)
    {
        Span<uint> value = [0, 0];
        var found = Map.TryLookup(Key(in cpu), MemoryMarshal.AsBytes(value)[..Map.UserValueSize]);
        entry = new CpuMapEntry(value[0], value[1]);
        return found && entry.QueueSize != 0;
    }

    /// <summary>Stops the thread of a CPU.</summary>
    public void Delete(uint cpu) => Map.Delete(Key(in cpu));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint cpu) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in cpu));
}
