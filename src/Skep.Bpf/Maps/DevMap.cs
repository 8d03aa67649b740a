using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Network interfaces for <c>bpf_redirect_map</c>, by index (devmap) or by any number (devmap hash). Requires at least Linux 4.14; the hash 5.4.</summary>
public sealed class DevMap : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no devmap.</exception>
    public DevMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.DevMap, MapType.DevMapHash);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Sets an interface, and with values of 8 bytes a program (attach type XDP devmap) that runs on what is sent there (Linux 5.8).</summary>
    public void Set(uint key, uint interfaceIndex, BpfProgram? program = null)
    {
        if (program is not null && Map.ValueSize < 8) throw new BpfException($"map '{Map.Name}' has values of {Map.ValueSize} bytes; a program needs 8");
        ReadOnlySpan<uint> value = [interfaceIndex, (uint)(program?.Fd.Value ?? 0)];
        Map.Update(Key(in key), MemoryMarshal.AsBytes(value)[..Map.UserValueSize]);
        GC.KeepAlive(program);
    }

    /// <summary>What is set for a key; false when nothing is.</summary>
    public bool TryLookup(uint key, out DevMapEntry entry)
    {
        Span<uint> value = [0, 0];
        var found = Map.TryLookup(Key(in key), MemoryMarshal.AsBytes(value)[..Map.UserValueSize]);
        entry = new DevMapEntry(value[0], value[1]);
        return found && entry.InterfaceIndex != 0;
    }

    /// <summary>Removes an interface; false when there is none in a devmap hash.</summary>
    public bool Delete(uint key) => Map.Delete(Key(in key));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint key) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in key));
}
