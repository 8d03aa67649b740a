using System.Runtime.CompilerServices;

namespace Skep.Bpf;

/// <summary>Compares the sizes of C# types with those of a map, once, when a typed view is made.</summary>
static class TypeSizes
{
    public static void CheckKey<TKey>(BpfMap map) where TKey : unmanaged => Check<TKey>(map, "keys", (int)map.KeySize);

    public static void CheckValue<TValue>(BpfMap map, int valueSize) where TValue : unmanaged => Check<TValue>(map, "values", valueSize);

    public static void CheckType(BpfMap map, params ReadOnlySpan<MapType> types)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!types.Contains(map.Type)) throw new BpfException($"map '{map.Name}' is of type {map.Type}, not {string.Join(" or ", types.ToArray())}");
    }

    static void Check<T>(BpfMap map, string what, int size) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != size) throw new BpfException($"map '{map.Name}' has {what} of {size} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}");
    }
}
