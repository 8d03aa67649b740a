using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Room for one record in a user ring buffer. Records reach programs in the order of their reservation, whatever the order of their submission.</summary>
public ref struct UserRingRecord
{
    readonly RingView _view;
    readonly ulong _position;
    readonly uint _length;
    UserRingBufferWriter? _writer;

    internal UserRingRecord(UserRingBufferWriter writer, RingView view, ulong position, uint length) =>
        (_writer, _view, _position, _length) = (writer, view, position, length);

    /// <summary>The room, with whatever was there before.</summary>
    public readonly Span<byte> Data => _writer is null ? default : _view.Record(_position, _length);

    /// <summary>Gives the record to the programs.</summary>
    public void Submit() => Finish(discard: false);

    /// <summary>Makes the programs skip the record.</summary>
    public void Discard() => Finish(discard: true);

    void Finish(bool discard)
    {
        if (_writer is null) throw new InvalidOperationException("the record is submitted or discarded already");
        _view.Commit(_position, _length, discard);
        if (!discard) _writer.Records++;
        _writer = null;
    }
}
