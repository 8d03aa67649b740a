using System.Diagnostics;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Runtime;

namespace Skep.Engine.Recording;

/// <summary>
/// Keeps the last events on disk. The engine's thread hands them over, which copies them and never waits; another thread packs and writes them
/// (<see cref="SegmentWriter"/>). What cannot be kept is counted.
/// </summary>
public sealed class Recorder : IDisposable
{
    static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(10);

    readonly RecorderOptions _options;
    readonly BootClock _clock;
    readonly BlockQueue _queue;
    readonly RecordingEncoder _encoder;
    readonly SegmentWriter _writer;
    readonly Thread _thread;
    RecordedBlock? _block;
    long _begun, _events, _lostBehind, _lostPaused, _kernelLost, _toldKernelLost, _toldLost;
    uint _generation;
    IReadOnlyList<ObservedHook> _observed = [];
    bool _isCovered, _isEnded;

    Recorder(RecorderOptions options, BootClock clock, RecordingDirectory directory, FileStream? held)
    {
        (_options, _clock) = (options, clock);
        _queue = new BlockQueue(Math.Max(options.Memory / RecordingFormat.BlockSize, 2));
        _encoder = new RecordingEncoder(options.Tags, options.Redactor);
        _writer = new SegmentWriter(options, directory, held, _queue);
        _thread = new Thread(_writer.Run) { IsBackground = true, Name = "recorder" };
        _thread.Start();
    }

    /// <summary>Starts to record. Null when another agent records there, which was told.</summary>
    /// <param name="options">Where and how much.</param>
    /// <param name="clock">The clock that the events are printed with; used on the engine's thread.</param>
    public static Recorder? Start(RecorderOptions options, BootClock clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        var directory = new RecordingDirectory(options.Directory);
        FileStream? held = null;
        try
        {
            held = directory.TryLock();
            if (held is null)
            {
                options.Tell($"another agent records in {options.Directory}: this one records nothing; give it another --state-directory");
                return null;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The writer says so, and tries again.
        }
        return new Recorder(options, clock, directory, held);
    }

    /// <summary>How it is; from any thread.</summary>
    public RecorderStatus Status => _writer.Status() with
    {
        Directory = _options.Directory,
        Size = _options.Size,
        Events = Volatile.Read(ref _events) - _writer.Discarded,
        LostBehind = Volatile.Read(ref _lostBehind),
        LostPaused = Volatile.Read(ref _lostPaused) + _writer.Discarded,
    };

    /// <inheritdoc cref="IEngineListener.OnExec"/>
    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        if (!Begin(time)) return;
        _encoder.Execution(process, time, tid, matches);
        End();
    }

    /// <inheritdoc cref="IEngineListener.OnExit"/>
    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        if (!Begin(time)) return;
        _encoder.Exit(process, time, tid, status, matches);
        End();
    }

    /// <inheritdoc cref="IEngineListener.OnHook"/>
    public void OnHook(in HookEvent hookEvent)
    {
        if (!Begin(hookEvent.Record.Time)) return;
        _encoder.Match(hookEvent);
        End();
    }

    /// <summary>Comes after a batch of events, on the engine's thread: notes what is observed from here on.</summary>
    public void OnBatch(SkepEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (engine.GenerationInForce != _generation || !_isCovered)
        {
            _generation = engine.GenerationInForce;
            Cover(ObservedHook.Of(engine.Policies));
        }
        OnBatch();
    }

    /// <summary>What the kernel's side has lost so far; on the engine's thread.</summary>
    public void OnLoss(long lost) => _kernelLost = lost;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isEnded) return;
        _isEnded = true;
        if (_isCovered) Cover([]);
        HandOver();
        _writer.End();
        // A disk that does not answer must not keep the agent from ending.
        if (!_thread.Join(s_endLimit)) return;
        _writer.Dispose();
        _queue.Dispose();
    }

    internal void Cover(IReadOnlyList<ObservedHook> observed)
    {
        (_observed, _isCovered) = (observed, true);
        if (_block is not null || Rent()) _encoder.Coverage(Now(), observed);
    }

    internal void OnBatch()
    {
        if (_block is not null && Stopwatch.GetElapsedTime(_begun) >= _options.Delay) HandOver();
    }

    static long Now() => RecordingRange.NanosecondsOf(DateTimeOffset.UtcNow);

    bool Begin(ulong time)
    {
        if (_block is null && !Rent())
        {
            if (_writer.IsPaused) _lostPaused++;
            else _lostBehind++;
            return false;
        }
        var unix = _clock.UnixNanoseconds(time);
        _encoder.Clock(unix - (long)time);
        _block!.Count(unix);
        return true;
    }

    void End()
    {
        _events++;
        if (_block!.Buffer.Length >= RecordingFormat.BlockSize) HandOver();
    }

    bool Rent()
    {
        _block = _writer.IsPaused ? null : _queue.TryRent();
        if (_block is null) return false;
        var isNew = _writer.TakeWish();
        if (isNew) _encoder.BeginSegment();
        _block.Begin(_encoder.Segment);
        _encoder.BeginBlock(_block.Buffer);
        _begun = Stopwatch.GetTimestamp();
        if (isNew && _isCovered) _encoder.Coverage(Now(), _observed);
        return true;
    }

    void HandOver()
    {
        if (_block is null) return;
        var lost = Volatile.Read(ref _lostBehind) + Volatile.Read(ref _lostPaused) + _writer.Discarded;
        if (_kernelLost != _toldKernelLost || lost != _toldLost)
        {
            _encoder.Loss(Now(), new RecordedLoss(_kernelLost - _toldKernelLost, lost - _toldLost));
            (_toldKernelLost, _toldLost) = (_kernelLost, lost);
        }
        _queue.Add(_block);
        _block = null;
    }
}
