namespace Skep.Falco.Evaluation;

/// <summary>Room for what transformers make while one event is looked at. One thread at a time.</summary>
public sealed class Scratch
{
    byte[] _buffer = new byte[8192];
    int _used;

    internal void Reset() => _used = 0;

    // Spans into a buffer that became too small stay valid: they keep it.
    internal Span<byte> Take(int length)
    {
        if (length > _buffer.Length - _used)
        {
            _buffer = new byte[Math.Max(length, _buffer.Length * 2)];
            _used = 0;
        }
        var room = _buffer.AsSpan(_used, length);
        _used += length;
        return room;
    }
}
