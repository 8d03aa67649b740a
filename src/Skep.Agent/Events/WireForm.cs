using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>The wire form of the present event, made once however many clients take it.</summary>
sealed class WireForm
{
    readonly EventTranscoder _transcoder = new();
    byte[] _bytes = [];
    int _length;

    /// <summary>Another event is coming.</summary>
    public void Reset() => _length = 0;

    public ReadOnlySpan<byte> Of(in ExportedEvent exported)
    {
        if (_length == 0)
        {
            var encoded = _transcoder.Encode(exported.Line);
            if (_bytes.Length < encoded.Length) _bytes = new byte[encoded.Length * 2];
            encoded.CopyTo(_bytes);
            _length = encoded.Length;
        }
        return _bytes.AsSpan(0, _length);
    }
}
