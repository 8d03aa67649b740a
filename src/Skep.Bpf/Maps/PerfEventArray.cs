using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>
/// Perf events by index, for <c>bpf_perf_event_read</c> and <c>bpf_perf_event_output</c>. To receive what programs output, use
/// <see cref="PerfBufferReader"/>, which fills the map itself. Requires at least Linux 4.3.
/// </summary>
public sealed class PerfEventArray : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no perf event array.</exception>
    public PerfEventArray(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.PerfEventArray);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Sets the event of an index, by convention the CPU's number.</summary>
    /// <param name="index">The index.</param>
    /// <param name="perfEvent">A descriptor of <c>perf_event_open(2)</c>. The map drops it when this map object is closed, unless the map has <see cref="MapFlags.PreserveElements"/>.</param>
    public void Set(uint index, SafeHandle perfEvent)
    {
        ArgumentNullException.ThrowIfNull(perfEvent);
        var fd = (int)perfEvent.DangerousGetHandle();
        Map.Update(Key(in index), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)));
        GC.KeepAlive(perfEvent);
    }

    /// <summary>Empties a slot; false when it is empty.</summary>
    public bool Clear(uint index) => Map.Delete(Key(in index));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint index) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index));
}
