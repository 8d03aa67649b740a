using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Values that hang on sockets (Linux 5.2), inodes (5.10), tasks (5.11) or cgroups (6.2) and go with them. User space reaches them through
/// descriptors of their owners; it cannot enumerate them.
/// </summary>
public sealed class LocalStorage<T> : IDisposable where T : unmanaged
{
    /// <summary>Views <paramref name="map"/> through this type.</summary>
    /// <exception cref="BpfException">The size differs from the map's, or it is no local storage.</exception>
    public LocalStorage(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.SkStorage, MapType.InodeStorage, MapType.TaskStorage, MapType.CgrpStorage);
        TypeSizes.CheckValue<T>(map, map.UserValueSize);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Copies an owner's value; false when it has none.</summary>
    public bool TryLookup(StorageOwner owner, out T value)
    {
        value = default;
        return Map.TryLookup(Key(owner), MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Creates or replaces an owner's value.</summary>
    public void Update(StorageOwner owner, in T value, MapUpdateFlags flags = MapUpdateFlags.Any) =>
        Map.Update(Key(owner), MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), flags);

    /// <summary>Frees an owner's value; false when it has none.</summary>
    public bool Delete(StorageOwner owner) => Map.Delete(Key(owner));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static byte[] Key(StorageOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return BitConverter.GetBytes(owner.Fd.Value);
    }
}
