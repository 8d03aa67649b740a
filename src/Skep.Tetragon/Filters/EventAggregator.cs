using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Makes one event of those that tell the same within a window: the first one, with <c>aggregation_info.count</c>, when its window ends. Two events tell the
/// same when they differ in nothing but their time, threads and reference counts; executions and exits also when they are of different processes:
/// the same program with the same arguments, started by the same parent. Events come out in the order of their first ones. Not for several threads
/// at once.
/// </summary>
public sealed class EventAggregator
{
    /// <summary>How many different events are held unless it is said.</summary>
    public const int DefaultCapacity = 4096;

    const int MaxCapacity = 1 << 16;

    static readonly FieldMaskNode s_hook = Mask(), s_process = Mask("process.exec_id", "process.pid", "process.start_time", "time");

    readonly Dictionary<ulong, Held> _held = [];
    readonly Queue<Held> _order = [];
    readonly FieldMaskRewriter _same = new(), _other = new(), _out = new();
    readonly int _capacity;

    /// <summary>An aggregator that holds nothing yet.</summary>
    /// <param name="options">The window, 15 seconds unless it is set, and how many different events are held, 4096 unless it is set and at most 65,536.</param>
    /// <exception cref="FilterException">The window is not longer than nothing, or longer than an hour.</exception>
    public EventAggregator(AggregationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.WindowSize is { } window)
        {
            if (window.Seconds is < 0 or > 3600 || window.Nanos is < 0 or > 999_999_999 || (window.Seconds, window.Nanos) == (0, 0))
                throw new FilterException("aggregation_options.window_size: more than nothing and at most an hour is expected");
            Window = TimeSpan.FromTicks(Math.Max(window.Seconds * TimeSpan.TicksPerSecond + window.Nanos / 100, 1));
        }
        _capacity = options.ChannelBufferSize == 0 ? DefaultCapacity : (int)Math.Min(options.ChannelBufferSize, MaxCapacity);
    }

    /// <summary>Gets a line; it is valid during the call.</summary>
    public delegate void LineSink(ReadOnlySpan<byte> line);

    /// <summary>How long events are held.</summary>
    public TimeSpan Window { get; } = TimeSpan.FromSeconds(15);

    /// <summary>How many different events are held now.</summary>
    public int Count => _order.Count;

    /// <summary>When the next window ends, by the clock of <see cref="Add"/>; null when nothing is held.</summary>
    public TimeSpan? NextEnd => _order.TryPeek(out var held) ? held.End : null;

    /// <summary>Takes an event. When there is no room the oldest one leaves before its time.</summary>
    /// <param name="type">Type of the event.</param>
    /// <param name="line">Its JSON with the newline at the end.</param>
    /// <param name="now">By any clock that does not go back.</param>
    /// <param name="sink">Gets the events whose windows have ended.</param>
    public void Add(EventType type, ReadOnlySpan<byte> line, TimeSpan now, LineSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Flush(now, sink);
        var same = Identity(_same, type, line);
        var hash = HashOf(same);
        if (_held.TryGetValue(hash, out var held))
        {
            if (held.Type == type && Identity(_other, type, held.Line).SequenceEqual(same))
            {
                held.Events++;
                return;
            }
            // Two identities of one hash: the new one goes on alone.
            Write(line, 1, sink);
            return;
        }
        while (_order.Count >= _capacity) Leave(sink);
        held = new Held(type, hash, line, now + Window);
        _held.Add(hash, held);
        _order.Enqueue(held);
    }

    /// <summary>Hands on the events whose windows have ended.</summary>
    public void Flush(TimeSpan now, LineSink sink)
    {
        while (_order.TryPeek(out var held) && held.End <= now) Leave(sink);
    }

    /// <summary>Hands on all events, as at the end of a stream.</summary>
    public void FlushAll(LineSink sink)
    {
        while (_order.Count > 0) Leave(sink);
    }

    void Leave(LineSink sink)
    {
        var held = _order.Dequeue();
        _held.Remove(held.Hash);
        Write(held.Line, held.Events, sink);
        held.Return();
    }

    void Write(ReadOnlySpan<byte> line, ulong count, LineSink sink)
    {
        var end = line.LastIndexOf((byte)'}');
        Span<byte> digits = stackalloc byte[20];
        count.TryFormat(digits, out var written, provider: CultureInfo.InvariantCulture);
        _out.Reset();
        _out.Raw(line[..end]);
        _out.Raw(",\"aggregation_info\":{\"count\":\""u8);
        _out.Raw(digits[..written]);
        _out.Raw("\"}"u8);
        _out.Raw(line[end..]);
        sink(_out.Written);
    }

    /// <summary>The event without what may differ.</summary>
    static ReadOnlySpan<byte> Identity(FieldMaskRewriter rewriter, EventType type, ReadOnlySpan<byte> line)
    {
        rewriter.Reset();
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTime = reader.ValueTextEquals("time"u8);
            if (!isTime) rewriter.Raw(reader.ValueSpan);
            reader.Read();
            if (isTime) reader.Skip();
            else rewriter.Copy(ref reader, line, null, type is EventType.ProcessExec or EventType.ProcessExit ? s_process : s_hook);
        }
        return rewriter.Written;
    }

    static FieldMaskNode Mask(params ReadOnlySpan<string> others)
    {
        var mask = new FieldMaskNode();
        foreach (var role in (ReadOnlySpan<string>)["process", "parent", "ancestors"])
        {
            mask.Add([role, "tid"]);
            mask.Add([role, "refcnt"]);
        }
        foreach (var path in others) mask.Add(path.Split('.'));
        return mask;
    }

    // Seeded by the process, so that nobody can make events collide.
    static ulong HashOf(ReadOnlySpan<byte> bytes)
    {
        var half = bytes.Length / 2;
        var (first, second) = (new HashCode(), new HashCode());
        first.AddBytes(bytes);
        second.AddBytes(bytes[half..]);
        second.AddBytes(bytes[..half]);
        return (uint)first.ToHashCode() | (ulong)(uint)second.ToHashCode() << 32;
    }

    sealed class Held
    {
        readonly byte[] _line;
        readonly int _length;

        public Held(EventType type, ulong hash, ReadOnlySpan<byte> line, TimeSpan end)
        {
            (Type, Hash, End) = (type, hash, end);
            _line = ArrayPool<byte>.Shared.Rent(line.Length);
            _length = line.Length;
            line.CopyTo(_line);
        }

        public EventType Type { get; }

        public ulong Hash { get; }

        public TimeSpan End { get; }

        public ulong Events { get; set; } = 1;

        public ReadOnlySpan<byte> Line => _line.AsSpan(0, _length);

        public void Return() => ArrayPool<byte>.Shared.Return(_line);
    }
}
