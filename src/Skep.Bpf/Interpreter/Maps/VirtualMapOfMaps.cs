namespace Skep.Bpf.Interpreter;

/// <summary>An array or hash of maps, filled from C#; a program's lookup yields the inner map.</summary>
public sealed class VirtualMapOfMaps : VirtualMap
{
    readonly Dictionary<byte[], VirtualMap> _maps = new(ByteArrayComparer.Instance);

    internal VirtualMapOfMaps(Machine machine, MapSpec spec) : base(machine, spec)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Keys => [.. _maps.Keys];

    /// <inheritdoc/>
    public override ulong Lookup(ReadOnlySpan<byte> key, int cpu) => _maps.TryGetValue(key[..KeySize].ToArray(), out var map) ? map.Address : 0;

    /// <summary>Puts an inner map at a key.</summary>
    public void Insert(ReadOnlySpan<byte> key, VirtualMap map) => _maps[key[..KeySize].ToArray()] = map;
}
