using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Cgroups for <c>bpf_current_task_under_cgroup</c> and its like; write-only from user space. Requires at least Linux 4.8.</summary>
public sealed class CgroupArray : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no cgroup array.</exception>
    public CgroupArray(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.CgroupArray);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Sets a cgroup by its directory in a cgroup2 file system.</summary>
    public void Set(uint index, string cgroupPath)
    {
        using var owner = StorageOwner.Cgroup(cgroupPath);
        var fd = owner.Fd.Value;
        Map.Update(Key(in index), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)));
    }

    /// <summary>Empties a slot; false when it is empty.</summary>
    public bool Clear(uint index) => Map.Delete(Key(in index));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint index) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index));
}
