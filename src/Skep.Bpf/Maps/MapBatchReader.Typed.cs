using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>A <see cref="MapBatchReader"/> whose keys and values are structs.</summary>
public sealed class MapBatchReader<TKey, TValue> : IDisposable where TKey : unmanaged where TValue : unmanaged
{
    readonly MapBatchReader _reader;

    internal MapBatchReader(MapBatchReader reader) => _reader = reader;

    /// <summary>Elements of the current batch.</summary>
    public int Count => _reader.Count;

    /// <summary>Keys of the current batch; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<TKey> Keys => MemoryMarshal.Cast<byte, TKey>(_reader.Keys);

    /// <summary>Values of the current batch; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<TValue> Values => MemoryMarshal.Cast<byte, TValue>(_reader.Values);

    /// <summary>Reads the next batch; false at the end.</summary>
    public bool Read() => _reader.Read();

    /// <summary>Returns the buffers.</summary>
    public void Dispose() => _reader.Dispose();
}
