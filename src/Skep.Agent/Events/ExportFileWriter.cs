using System.Diagnostics;

namespace Skep.Agent.Events;

/// <summary>
/// Writes what a queue holds to the export file, on a thread of its own. While the file cannot be written, the events at hand are tried again; others wait in the
/// queue, which is bounded.
/// </summary>
sealed class ExportFileWriter : IDisposable
{
    const int BufferSize = 1 << 16;

    static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(5);

    readonly ExportFileOptions _options;
    readonly EventQueue _queue;
    readonly Action<string> _report;
    readonly ExportBackups _backups;
    readonly RotatedFile _file;
    readonly Thread _thread;
    readonly ManualResetEventSlim _stop = new();
    byte[] _buffer = new byte[BufferSize];
    int _length, _buffered;
    long _tended;
    volatile bool _reopenWanted;
    volatile string? _failure;
    long _events, _bytes, _lastExport, _abandoned;

    /// <summary>Opens the file and starts.</summary>
    /// <exception cref="IOException">It cannot be opened; the message says which and why.</exception>
    public ExportFileWriter(ExportFileOptions options, EventQueue queue, Action<string> report)
    {
        (_options, _queue, _report) = (options, queue, report);
        _backups = new ExportBackups(options, report);
        _file = new RotatedFile(options, _backups);
        try
        {
            _file.Open();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"events cannot be exported to {options.Path}: {error.Message}", error);
        }
        _backups.Tidy(options.Rotation.MaxBackups);
        _thread = new Thread(Run) { Name = "export file", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Why the file cannot be written now; null when it can.</summary>
    public string? Failure => _failure;

    /// <summary>Events written.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Bytes written.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Events that were given up at the end because the file could not be written.</summary>
    public long Abandoned => Interlocked.Read(ref _abandoned);

    /// <summary>When events were last written; null when none was.</summary>
    public DateTimeOffset? LastExport => Interlocked.Read(ref _lastExport) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>When a new file is begun, and how many former ones are kept; from any thread.</summary>
    public ExportRotation Rotation
    {
        get => _file.Rotation;
        set
        {
            _file.Rotation = value;
            _backups.Tidy(value.MaxBackups);
        }
    }

    /// <summary>Opens the file anew.</summary>
    public void Reopen()
    {
        _reopenWanted = true;
        _queue.Wake();
    }

    /// <summary>Writes what is left, as far as that is possible in a few seconds.</summary>
    public void Dispose()
    {
        _stop.Set();
        _queue.Wake();
        // A disk that does not answer is not waited for.
        if (!_thread.Join(s_patience)) return;
        _file.Dispose();
        _backups.Dispose();
    }

    void Run()
    {
        while (true)
        {
            _queue.Wait(s_interval);
            var isLast = _stop.IsSet;
            if (_reopenWanted || Stopwatch.GetElapsedTime(_tended) >= s_interval) Try(Tend);
            for (var batch = _queue.Take(); !batch.IsEmpty;) Add(batch.Next().Span);
            WriteOut();
            if (isLast) return;
        }
    }

    void Tend()
    {
        _tended = Stopwatch.GetTimestamp();
        if (_reopenWanted)
        {
            _reopenWanted = false;
            _file.Close();
        }
        _file.Tend();
    }

    void Add(ReadOnlySpan<byte> line)
    {
        if (_file.IsFullFor(line.Length, waiting: _length))
        {
            WriteOut();
            Try(_file.Rotate);
        }
        if (_length + line.Length > _buffer.Length)
        {
            WriteOut();
            if (line.Length > _buffer.Length) _buffer = new byte[line.Length];
        }
        line.CopyTo(_buffer.AsSpan(_length));
        _length += line.Length;
        _buffered++;
    }

    void WriteOut()
    {
        if (_length == 0) return;
        if (Try(Append))
        {
            Interlocked.Add(ref _events, _buffered);
            Interlocked.Add(ref _bytes, _length);
            Interlocked.Exchange(ref _lastExport, DateTime.UtcNow.Ticks);
        }
        else
        {
            Interlocked.Add(ref _abandoned, _buffered);
        }
        (_length, _buffered) = (0, 0);
    }

    void Append() => _file.Append(_buffer.AsSpan(0, _length));

    /// <summary>Does something with the file until it succeeds, or the end comes.</summary>
    bool Try(Action action)
    {
        while (true)
        {
            try
            {
                action();
                if (_failure is not null) _report($"{_options.Path} is written again");
                _failure = null;
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (_failure is null) _report($"events cannot be exported to {_options.Path}, {_options.Buffer >> 20} MB of them wait: {error.Message}");
                _failure = error.Message;
                if (_stop.Wait(s_interval)) return false;
            }
        }
    }
}
