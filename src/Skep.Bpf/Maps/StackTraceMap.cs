using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Stacks that programs stored with <c>bpf_get_stackid</c>, as instruction addresses from the innermost frame outwards. Requires at least Linux 4.6.</summary>
public sealed class StackTraceMap : IDisposable
{
    /// <summary>Views <paramref name="map"/>.</summary>
    /// <exception cref="BpfException">It is no stack trace map, or it holds build ids instead of addresses.</exception>
    public StackTraceMap(BpfMap map)
    {
        TypeSizes.CheckType(map, MapType.StackTrace);
        if ((map.Flags & MapFlags.StackBuildId) != 0) throw new BpfException($"map '{map.Name}' holds build ids: read its raw values");
        Map = map;
    }

    /// <summary>The map itself.</summary>
    public BpfMap Map { get; }

    /// <summary>Frames that a stack has at most.</summary>
    public int MaxDepth => (int)(Map.ValueSize / sizeof(ulong));

    /// <summary>Copies a stack and returns its depth; 0 when there is no such stack.</summary>
    /// <param name="stackId">What <c>bpf_get_stackid</c> returned.</param>
    /// <param name="frames">Room for <see cref="MaxDepth"/> addresses.</param>
    public int Read(uint stackId, Span<ulong> frames)
    {
        if (!Map.TryLookup(Key(in stackId), MemoryMarshal.AsBytes(frames[..MaxDepth]))) return 0;
        var depth = frames[..MaxDepth].IndexOf(0ul);
        return depth < 0 ? MaxDepth : depth;
    }

    /// <summary>Frees a stack; false when there is none.</summary>
    public bool Delete(uint stackId) => Map.Delete(Key(in stackId));

    /// <inheritdoc/>
    public void Dispose() => Map.Dispose();

    static ReadOnlySpan<byte> Key(in uint stackId) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in stackId));
}
