using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Writes each event's export JSON to a stream: buffered, and written out after each batch.</summary>
sealed class LinePrinter(Stream output) : IEventSink
{
    const int FlushAt = 1 << 16;

    byte[] _buffer = new byte[FlushAt * 2];
    int _length;

    public void Write(in ExportedEvent exported, WireForm wire)
    {
        if (_buffer.Length - _length < exported.Line.Length) Array.Resize(ref _buffer, _length + exported.Line.Length + FlushAt);
        exported.Line.CopyTo(_buffer.AsSpan(_length));
        _length += exported.Line.Length;
        if (_length >= FlushAt) OnBatch();
    }

    public void OnBatch()
    {
        if (_length == 0) return;
        output.Write(_buffer, 0, _length);
        output.Flush();
        _length = 0;
    }
}
