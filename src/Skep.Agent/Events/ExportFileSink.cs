using System.Diagnostics;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;

namespace Skep.Agent.Events;

/// <summary>
/// Exports events to a file. The engine's thread only copies what is wanted into a queue; what does not fit because the disk is slow or full is counted by cause
/// and told in the file, as <c>rate_limit_info</c>, at the place where it happened.
/// </summary>
sealed class ExportFileSink : IEventSink, IDisposable
{
    /// <summary>Where a rate limit cuts all the time, each loss would be a line.</summary>
    static readonly TimeSpan s_noticeInterval = TimeSpan.FromSeconds(1);

    readonly ExportFileOptions _options;
    readonly EventSelection _selection;
    readonly EventQueue _queue;
    readonly ExportFileWriter _writer;
    readonly RateLimit? _limit;
    readonly EventAggregator.LineSink _add;
    long _limited, _limitedTold, _toldAt, _slow, _failed;

    /// <summary>Opens the file.</summary>
    /// <param name="options">Which file, and what for.</param>
    /// <param name="export">How events are printed.</param>
    /// <param name="report">Gets what goes wrong.</param>
    /// <exception cref="IOException">It cannot be opened; the message says which and why.</exception>
    /// <exception cref="FilterException">A filter has an error.</exception>
    public ExportFileSink(ExportFileOptions options, ExportOptions export, Action<string> report)
    {
        _options = options;
        _add = Add;
        _selection = new EventSelection(options.Allow, options.Deny, options.Fields, options.Aggregation, export);
        if (options.RateLimit is { } limit) _limit = new RateLimit(limit);
        _queue = new EventQueue(options.Buffer, lost => LossNotice.Line(export.NodeName, lost));
        _writer = new ExportFileWriter(options, _queue, report);
    }

    /// <summary>How it is; on the engine's thread.</summary>
    public ExportFileStatus Status => new()
    {
        Path = _options.Path,
        Events = _writer.Events,
        Bytes = _writer.Bytes,
        LastExport = _writer.LastExport,
        LostLimited = _limited,
        LostSlow = _slow,
        LostFailed = _failed + _writer.Abandoned,
        Waiting = _queue.Length,
        Failure = _writer.Failure,
    };

    /// <summary>When a new file is begun, and how many former ones are kept; from any thread.</summary>
    public ExportRotation Rotation
    {
        get => _writer.Rotation;
        set => _writer.Rotation = value;
    }

    /// <summary>Opens the file anew; from any thread.</summary>
    public void Reopen() => _writer.Reopen();

    public void Write(in ExportedEvent exported, WireForm wire)
    {
        if (!_selection.Wants(exported)) return;
        if (_selection.KeepsLines) Add(exported.Line);
        else _selection.Write(exported, _add);
    }

    public void OnBatch()
    {
        _selection.Flush(_add);
        if (_limited != _limitedTold && (_toldAt == 0 || Stopwatch.GetElapsedTime(_toldAt) >= s_noticeInterval)) TellLimited();
        // Also when no event follows.
        _queue.TellLoss();
        _queue.Signal();
    }

    public void Dispose()
    {
        _selection.FlushAll(_add);
        TellLimited();
        _queue.TellLoss();
        _writer.Dispose();
    }

    void Add(ReadOnlySpan<byte> line)
    {
        if (_limit is not null && !_limit.TryTake()) _limited++;
        else if (_queue.Add(line)) return;
        else if (_writer.Failure is null) _slow++;
        else _failed++;
    }

    void TellLimited()
    {
        _queue.CountLoss(_limited - _limitedTold);
        (_limitedTold, _toldAt) = (_limited, Stopwatch.GetTimestamp());
    }
}
