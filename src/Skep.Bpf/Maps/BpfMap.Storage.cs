using System.Runtime.CompilerServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>
    /// Creates local storage without an object file. The kernel insists on types for it (kernel/bpf/bpf_local_storage.c:
    /// bpf_local_storage_map_alloc_check), so an integer key and a structure of the value's size are described to it.
    /// </summary>
    /// <param name="type"><see cref="MapType.SkStorage"/>, <see cref="MapType.InodeStorage"/>, <see cref="MapType.TaskStorage"/> or <see cref="MapType.CgrpStorage"/>.</param>
    /// <param name="name">Name; the kernel keeps its first 15 bytes.</param>
    public static LocalStorage<T> CreateStorage<T>(MapType type, string name = "") where T : unmanaged
    {
        var types = new BtfBuilder();
        var spec = Describe<int, T>(type, 0, name, MapFlags.NoPreallocation);
        spec.KeyTypeId = types.AddInt("int", sizeof(int), isSigned: true);
        spec.ValueTypeId = types.AddStruct("", (uint)Unsafe.SizeOf<T>());
        var result = BtfCommands.Load(types.Serialise());
        if (result < 0) throw new BpfSyscallException($"load the types of local storage '{name}'", -result);
        // The map keeps its own reference to the types.
        using var fd = new FileDescriptor(result);
        return new LocalStorage<T>(Create(spec, fd.Value, innerMapFd: 0));
    }

    /// <summary>Creates an outer map for inner maps like <paramref name="template"/>, which is only looked at. Requires at least Linux 4.12.</summary>
    /// <param name="type"><see cref="MapType.ArrayOfMaps"/> or <see cref="MapType.HashOfMaps"/>.</param>
    /// <param name="maxEntries">Capacity.</param>
    /// <param name="template">A map with the type, sizes and flags that all inner maps have.</param>
    /// <param name="name">Name; the kernel keeps its first 15 bytes.</param>
    public static MapOfMaps<TKey> CreateOuter<TKey>(MapType type, uint maxEntries, BpfMap template, string name = "") where TKey : unmanaged
    {
        ArgumentNullException.ThrowIfNull(template);
        var map = new MapOfMaps<TKey>(Create(Describe<TKey, uint>(type, maxEntries, name, MapFlags.None), btfFd: 0, innerMapFd: template.Fd.Value));
        GC.KeepAlive(template);
        return map;
    }
}
