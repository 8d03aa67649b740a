using System.Runtime.CompilerServices;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>Creates a map whose keys and values are structs.</summary>
    /// <param name="type">Kind of map, without per-CPU values.</param>
    /// <param name="maxEntries">Capacity.</param>
    /// <param name="name">Name; the kernel keeps its first 15 bytes.</param>
    /// <param name="flags">Creation flags.</param>
    public static BpfMap<TKey, TValue> Create<TKey, TValue>(MapType type, uint maxEntries, string name = "", MapFlags flags = MapFlags.None)
        where TKey : unmanaged where TValue : unmanaged =>
        new(Create(Describe<TKey, TValue>(type, maxEntries, name, flags)));

    /// <summary>Creates a per-CPU map whose keys and values are structs.</summary>
    /// <param name="type">Kind of map, with per-CPU values.</param>
    /// <param name="maxEntries">Capacity.</param>
    /// <param name="name">Name; the kernel keeps its first 15 bytes.</param>
    /// <param name="flags">Creation flags.</param>
    public static BpfPerCpuMap<TKey, TValue> CreatePerCpu<TKey, TValue>(MapType type, uint maxEntries, string name = "", MapFlags flags = MapFlags.None)
        where TKey : unmanaged where TValue : unmanaged =>
        new(Create(Describe<TKey, TValue>(type, maxEntries, name, flags)));

    /// <summary>Creates an array of structs.</summary>
    /// <param name="count">Number of elements.</param>
    /// <param name="name">Name; the kernel keeps its first 15 bytes.</param>
    /// <param name="flags">Creation flags.</param>
    public static BpfArray<T> CreateArray<T>(int count, string name = "", MapFlags flags = MapFlags.None) where T : unmanaged =>
        new(Create(Describe<uint, T>(MapType.Array, checked((uint)count), name, flags)));

    static MapSpec Describe<TKey, TValue>(MapType type, uint maxEntries, string name, MapFlags flags) => new()
    {
        Name = name,
        Type = type,
        KeySize = (uint)Unsafe.SizeOf<TKey>(),
        ValueSize = (uint)Unsafe.SizeOf<TValue>(),
        MaxEntries = maxEntries,
        Flags = flags,
    };
}
