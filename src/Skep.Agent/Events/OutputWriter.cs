using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Skep.Agent.Events;

/// <summary>
/// Writes printed events to standard output, on a thread of its own: who stops reading it holds up nothing, and loses what the queue has no room for.
/// That is counted, and told in the output at the place where it happened. One thread adds.
/// </summary>
sealed class OutputWriter : IDisposable
{
    /// <summary>More than a burst is: whoever reads through a pipe parses a line at a time.</summary>
    public const int DefaultCapacity = 8 << 20;

    const int BufferSize = 1 << 16;

    readonly Stream _output;
    readonly TimeSpan _patience;
    readonly EventQueue _queue;
    readonly Thread _thread;
    readonly byte[] _buffer = new byte[BufferSize];
    volatile bool _isStopped, _isWriting;
    volatile Exception? _failure;
    long _added, _written, _abandoned;

    /// <summary>Starts to write.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="notice">Makes the line that tells of a number of losses.</param>
    /// <param name="capacity">Bytes that may wait.</param>
    /// <param name="patience">How long the end waits for a reader that takes nothing; two seconds unless it is said.</param>
    public OutputWriter(Stream output, Func<long, byte[]> notice, int capacity = DefaultCapacity, TimeSpan? patience = null)
    {
        (_output, _patience) = (output, patience ?? TimeSpan.FromSeconds(2));
        _queue = new EventQueue(capacity, lost =>
        {
            _added++;
            return notice(lost);
        });
        _thread = new Thread(Run) { Name = "output", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Events that nobody took in time.</summary>
    public long Lost => _queue.Lost + Interlocked.Read(ref _abandoned);

    /// <summary>Adds a printed event, or counts it as lost.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (_failure is null && _queue.Add(line)) _added++;
    }

    /// <summary>Has written what was added.</summary>
    public void OnBatch()
    {
        // Also when no event follows.
        _queue.TellLoss();
        _queue.Signal();
    }

    /// <summary>Throws what ended the writing, if something did: the reader has gone, or the disk is full.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Waits until all is written, as long as somebody takes it. What is left then counts as lost.</summary>
    public void Drain()
    {
        OnBatch();
        var (since, before) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref _written));
        while (_failure is null && (_queue.Length > 0 || _isWriting))
        {
            Thread.Sleep(1);
            if (Interlocked.Read(ref _written) is var now && now != before) (since, before) = (Stopwatch.GetTimestamp(), now);
            else if (Stopwatch.GetElapsedTime(since) >= _patience) break;
        }
        Interlocked.Exchange(ref _abandoned, _failure is null ? _added - Interlocked.Read(ref _written) : 0);
    }

    /// <summary>Writes what is left, as far as somebody takes it.</summary>
    public void Dispose()
    {
        if (Interlocked.Read(ref _abandoned) == 0) Drain();
        _isStopped = true;
        _queue.Wake();
        // Nobody waits for a reader that takes nothing: the thread ends with the process.
        _thread.Join(TimeSpan.FromSeconds(Interlocked.Read(ref _abandoned) == 0 ? 1 : 0));
    }

    void Run()
    {
        try
        {
            while (!_isStopped)
            {
                _queue.Wait(Timeout.InfiniteTimeSpan);
                _isWriting = true;
                Write(_queue.Take());
                _isWriting = false;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _failure = error;
        }
    }

    void Write(EventBatch batch)
    {
        var (length, events) = (0, 0);
        while (!batch.IsEmpty)
        {
            var line = batch.Next().Span;
            if (length + line.Length > _buffer.Length)
            {
                WriteOut();
                if (line.Length > _buffer.Length)
                {
                    _output.Write(line);
                    Interlocked.Increment(ref _written);
                    continue;
                }
            }
            line.CopyTo(_buffer.AsSpan(length));
            length += line.Length;
            events++;
        }
        WriteOut();

        void WriteOut()
        {
            if (length == 0) return;
            _output.Write(_buffer, 0, length);
            _output.Flush();
            Interlocked.Add(ref _written, events);
            (length, events) = (0, 0);
        }
    }
}
