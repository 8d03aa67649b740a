using System.Buffers;
using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>One instance of a kernel structure of function pointers. <see cref="StructOpsLink"/> registers it. Requires at least Linux 5.6.</summary>
public sealed class StructOpsMap : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no struct_ops map.</exception>
    public StructOpsMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.StructOps);
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Where the instance is in its life, as the kernel says now.</summary>
    public StructOpsState State => Read().State;

    /// <summary>How many users hold the instance, the registration itself included.</summary>
    public int Users => Read().Users;

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    /// <summary>Every value begins with <c>struct bpf_struct_ops_common_value</c>: a reference count and the state.</summary>
    (int Users, StructOpsState State) Read()
    {
        var value = ArrayPool<byte>.Shared.Rent(Map.UserValueSize);
        try
        {
            if (!Map.TryLookup([0, 0, 0, 0], value.AsSpan(0, Map.UserValueSize))) return default;
            var words = MemoryMarshal.Cast<byte, int>(value.AsSpan(0, 8));
            return (words[0], (StructOpsState)words[1]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }
}
