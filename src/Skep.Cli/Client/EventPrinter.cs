using Skep.Agent.Events;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Cli.Client;

/// <summary>Prints events of a stream, JSON straight from the wire; and says on standard error what the agent could not send.</summary>
sealed class EventPrinter(Stream output, EventFormat format, CompactOptions options, bool showsStacks)
{
    const int FlushAt = 1 << 16;
    /// <summary>A loss is a number, a node's name and a time.</summary>
    const int LongestLoss = 512;

    /// <summary>Tag of <c>rate_limit_info</c>; servers put fields in different orders.</summary>
    static ReadOnlySpan<byte> LossTag => [0x8a, 0xc4, 0x13];

    readonly EventDecoder _decoder = new();
    readonly CompactMessageWriter _lines = new(options) { ShowsStacks = showsStacks };
    byte[] _buffer = new byte[FlushAt * 2];
    int _length;

    /// <summary>Events printed.</summary>
    public long Events { get; private set; }

    /// <summary>Events that the agent had to leave out.</summary>
    public long Lost { get; private set; }

    /// <exception cref="FormatException">It is no event.</exception>
    public void Print(ReadOnlySpan<byte> wire)
    {
        if (wire.Length < LongestLoss && wire.IndexOf(LossTag) >= 0 && GetEventsResponse.Parser.ParseFrom(wire).RateLimitInfo is { } info) TellLoss(info.NumberOfDroppedProcessEvents);
        else Events++;
        if (format == EventFormat.Json)
        {
            Add(_decoder.Decode(wire));
            return;
        }
        _lines.Write(GetEventsResponse.Parser.ParseFrom(wire));
        Add(_lines.Written);
        _lines.Reset();
    }

    /// <summary>Writes out what was printed.</summary>
    public void Flush()
    {
        if (_length == 0) return;
        var length = _length;
        // Also when this fails: it is not to be tried again.
        _length = 0;
        output.Write(_buffer, 0, length);
        output.Flush();
    }

    void Add(ReadOnlySpan<byte> line)
    {
        if (_buffer.Length - _length < line.Length) Array.Resize(ref _buffer, _length + line.Length + FlushAt);
        line.CopyTo(_buffer.AsSpan(_length));
        _length += line.Length;
        if (_length >= FlushAt) Flush();
    }

    void TellLoss(ulong count)
    {
        Lost += (long)count;
        Console.Error.WriteLine($"skep: {count} events lost: this client did not take them fast enough, or a limit of the agent held them back ({Lost} in all)");
    }
}
