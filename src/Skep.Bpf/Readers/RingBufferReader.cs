using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Waits for any number of ring buffers at once and hands their records to handlers. <see cref="Poll"/>, <see cref="Consume"/> and
/// <see cref="Add(BpfMap, RecordHandler, Func{long}, int)"/> belong to one thread; <see cref="Wake"/> and <see cref="Dispose"/> may be called from
/// any, also while that thread waits, and from a handler.
/// </summary>
public sealed class RingBufferReader : IDisposable
{
    readonly List<Source> _sources = [];
    readonly Epoll _epoll = new();
    readonly Lock _gate = new();
    volatile bool _disposing;
    int _disposeCalls;
    bool _released;

    /// <summary>The rings, in the order in which they were added.</summary>
    public IEnumerable<RingBuffer> Rings => _sources.Select(s => s.Ring);

    /// <summary>What was seen in all rings together.</summary>
    public RingStatistics Statistics
    {
        get
        {
            var sum = default(RingStatistics);
            foreach (var ring in Rings)
            {
                var one = ring.Statistics;
                sum = new RingStatistics(sum.Records + one.Records, sum.Discarded + one.Discarded, sum.Lost + one.Lost, sum.Corrupt + one.Corrupt);
            }
            return sum;
        }
    }

    /// <summary>Reads a ring too. Records that wait already come with the next poll.</summary>
    /// <param name="map">A map of type <see cref="MapType.RingBuffer"/>.</param>
    /// <param name="handler">Takes its records.</param>
    /// <param name="losses">Returns how many records the programs could not reserve.</param>
    /// <param name="longestRecord">Bytes of the longest record that programs send; 0 for any. See <see cref="RingBuffer(BpfMap, Func{long}, int)"/>.</param>
    public void Add(BpfMap map, RecordHandler handler, Func<long>? losses = null, int longestRecord = 0)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddSource(new DelegateSource(new RingBuffer(map, losses, longestRecord), handler));
    }

    /// <inheritdoc cref="Add(BpfMap, RecordHandler, Func{long}, int)"/>
    public void Add<THandler>(BpfMap map, THandler handler, Func<long>? losses = null, int longestRecord = 0) where THandler : IRecordHandler =>
        AddSource(new HandlerSource<THandler>(new RingBuffer(map, losses, longestRecord), handler));

    /// <summary>
    /// Waits until a program wakes the reader or the time is over, then hands out what is in all rings: also records that were submitted
    /// without a wake-up. Returns the number of records.
    /// </summary>
    /// <param name="timeout">Negative waits for ever. Before Linux 5.11 it is rounded up to milliseconds.</param>
    /// <exception cref="ObjectDisposedException">The reader is closed. When it is closed while waiting, the poll returns.</exception>
    public int Poll(TimeSpan timeout)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            try
            {
                foreach (var source in _sources)
                {
                    if (source.Ring.HasLeftRecords) timeout = TimeSpan.Zero;
                }
                Span<int> tags = stackalloc int[16];
                var ready = _epoll.Wait(tags, timeout);
                if (tags[..ready].Contains(Epoll.Bell) && !_disposing) _epoll.Silence();
                return ConsumeAll();
            }
            finally
            {
                if (_disposing) Release();
            }
        }
    }

    /// <summary>Hands out what is in all rings without waiting. Returns the number of records.</summary>
    public int Consume()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            try
            {
                return ConsumeAll();
            }
            finally
            {
                if (_disposing) Release();
            }
        }
    }

    /// <summary>Ends the present or the next waiting of <see cref="Poll"/> early.</summary>
    public void Wake()
    {
        try
        {
            if (!_disposing) _epoll.Ring();
        }
        catch (ObjectDisposedException)
        {
            // Closed in between: there is nobody left to wake.
        }
    }

    /// <summary>Reads until <paramref name="cancellation"/>, on this thread. A <paramref name="flushInterval"/> bounds the delay of records submitted without wake-up.</summary>
    public void Run(TimeSpan flushInterval, CancellationToken cancellation)
    {
        using var registration = cancellation.Register(static reader => ((RingBufferReader)reader!).Wake(), this);
        while (!cancellation.IsCancellationRequested && !_disposing) Poll(flushInterval);
    }

    /// <summary>
    /// Copies of the records of one ring, for code that is not in a hurry: each is an array of its own. A consumer that is slower than the ring
    /// makes the ring fill up, and programs lose records.
    /// </summary>
    public static async IAsyncEnumerable<byte[]> ReadAllAsync(BpfMap map, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        var channel = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1024) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var reader = new RingBufferReader();
        reader.Add(map, new ChannelHandler(channel.Writer, stop.Token));
        var pump = Task.Factory.StartNew(() => Pump(reader, channel.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var record in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return record;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(false);
        }
    }

    /// <summary>Closes the rings; a poll that waits on another thread ends first.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposeCalls, 1) != 0) return;
        _disposing = true;
        foreach (var source in _sources) source.Ring.Stop();
        // Called from a handler, this thread is inside Poll, which releases on its way out.
        if (_gate.IsHeldByCurrentThread) return;
        _epoll.Ring();
        lock (_gate) Release();
    }

    static void Pump(RingBufferReader reader, ChannelWriter<byte[]> writer, CancellationToken stop)
    {
        try
        {
            reader.Run(Timeout.InfiniteTimeSpan, stop);
            writer.TryComplete();
        }
        catch (Exception e)
        {
            // The consumer sees it at its next read.
            writer.TryComplete(e is OperationCanceledException ? null : e);
        }
    }

    int ConsumeAll()
    {
        var count = 0;
        foreach (var source in _sources)
        {
            if (_disposing) break;
            count += source.Consume();
        }
        return count;
    }

    void AddSource(Source source)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            _epoll.Add(source.Ring.Descriptor!, _sources.Count, Libc.EPOLLIN);
            _sources.Add(source);
        }
    }

    void Release()
    {
        if (_released) return;
        _released = true;
        foreach (var source in _sources) source.Ring.Dispose();
        _epoll.Dispose();
    }

    abstract class Source(RingBuffer ring)
    {
        public RingBuffer Ring { get; } = ring;

        public abstract int Consume();
    }

    sealed class DelegateSource(RingBuffer ring, RecordHandler handler) : Source(ring)
    {
        public override int Consume() => Ring.Consume(handler);
    }

    sealed class HandlerSource<THandler>(RingBuffer ring, THandler handler) : Source(ring) where THandler : IRecordHandler
    {
        THandler _handler = handler;

        public override int Consume() => Ring.Consume(ref _handler);
    }

    readonly struct ChannelHandler(ChannelWriter<byte[]> writer, CancellationToken stop) : IRecordHandler
    {
        public bool Handle(ReadOnlySpan<byte> record)
        {
            var copy = record.ToArray();
            while (!writer.TryWrite(copy))
            {
                if (!writer.WaitToWriteAsync(stop).AsTask().GetAwaiter().GetResult()) return false;
            }
            return true;
        }
    }
}
