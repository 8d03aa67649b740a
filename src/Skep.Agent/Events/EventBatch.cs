using System.Buffers.Binary;

namespace Skep.Agent.Events;

/// <summary>Events that an <see cref="EventQueue"/> held, one after the other.</summary>
struct EventBatch(ReadOnlyMemory<byte> bytes)
{
    ReadOnlyMemory<byte> _rest = bytes;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public ReadOnlyMemory<byte> Next()
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest.Span);
        var next = _rest.Slice(sizeof(int), length);
        _rest = _rest[(sizeof(int) + length)..];
        return next;
    }
}
