using System.Diagnostics;

namespace Skep.Engine.Recording;

/// <summary>
/// Packs blocks and writes them to segments, on a thread of its own; takes the oldest segments away to keep the size. When the disk is full, read-only or broken it
/// pauses, and tries again every second.
/// </summary>
sealed class SegmentWriter : IDisposable
{
    const long LargestSegment = 16L << 20, SmallestSegment = 64 << 10;
    const int SegmentsWanted = 8;

    static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);

    readonly RecorderOptions _options;
    readonly RecordingDirectory _directory;
    readonly BlockQueue _queue;
    readonly long _session = RecordingRange.NanosecondsOf(DateTimeOffset.UtcNow);
    readonly Lock _gate = new();
    readonly List<Segment> _segments = [];
    FileStream? _lock, _file;
    byte[] _packed = [];
    long _next = 1, _position, _bytes, _sizeNow;
    uint _current, _refused;
    bool _isTold, _isListed, _isShort, _isFull;
    volatile bool _isPaused, _isEnding, _wish = true;
    string? _reason;
    long _discarded, _triedAt, _measuredAt;

    public SegmentWriter(RecorderOptions options, RecordingDirectory directory, FileStream? held, BlockQueue queue)
    {
        (_options, _directory, _lock, _queue, _sizeNow) = (options, directory, held, queue, options.Size);
        TryOpen();
    }

    /// <summary>Whether events need not be handed over.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>Events that were handed over and not written.</summary>
    public long Discarded => Interlocked.Read(ref _discarded);

    /// <summary>Whether a new segment is to begin with the next block; asked once.</summary>
    public bool TakeWish()
    {
        if (!_wish) return false;
        _wish = false;
        return true;
    }

    public RecorderStatus Status()
    {
        lock (_gate)
        {
            return new RecorderStatus
            {
                Directory = _directory.Path, Oldest = _segments.Count > 0 ? _segments[0].Start : null, Bytes = _bytes, SizeNow = _sizeNow, Segments = _segments.Count, PausedBecause = _reason,
            };
        }
    }

    /// <summary>Writes what is waiting, then <see cref="Run"/> returns.</summary>
    public void End()
    {
        _isEnding = true;
        _queue.Wake();
    }

    public void Run()
    {
        while (true)
        {
            var isEnding = _isEnding;
            var block = _queue.Take(isEnding ? TimeSpan.Zero : _isPaused ? s_retryAfter : TimeSpan.FromSeconds(10));
            if (block is not null)
            {
                Write(block);
                _queue.Return(block);
            }
            else if (isEnding)
            {
                break;
            }
            if (_isPaused && Stopwatch.GetElapsedTime(_triedAt) >= s_retryAfter) TryOpen();
        }
        if (_file is not null) Flush(_file);
        _file = null;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _lock?.Dispose();
    }

    void Write(RecordedBlock block)
    {
        // What refers to a part that could not be written tells nothing.
        if (_isPaused || block.Segment == _refused)
        {
            Interlocked.Add(ref _discarded, block.Events);
            _wish |= block.Segment != _refused;
            _refused = block.Segment;
            return;
        }
        try
        {
            if (block.Segment != _current || _file is null) Begin(block);
            var bound = BlockCodec.Bound(block.Buffer.Length);
            if (_packed.Length < bound) _packed = new byte[bound];
            var length = BlockCodec.Write(block.Buffer.Written, block.Segment, block.Events, block.First, block.Last, _packed);
            if (!MakeRoom(length))
            {
                Pause(block, $"less than {_options.FreePercent} % of the file system is free");
                return;
            }
            Append(_packed.AsSpan(0, length));
            if (_isTold) _options.Tell("recorder: goes on");
            _isTold = false;
            if (_isFull || _position < Math.Clamp(_sizeNow / SegmentsWanted, SmallestSegment, LargestSegment)) return;
            // Blocks of it that are waiting still come here.
            (_isFull, _wish) = (true, true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Pause(block, error.Message);
        }
    }

    void Begin(RecordedBlock block)
    {
        Close();
        var start = DateTimeOffset.UtcNow;
        _file = _directory.Create(_next, start);
        lock (_gate) _segments.Add(new Segment(_file.Name, start, 0));
        (_position, _current, _isFull) = (0, block.Segment, false);
        _next++;
        Append(new RecordingHeader { Created = RecordingRange.NanosecondsOf(start), Session = _session, Segment = block.Segment, Settings = _options.Settings }.ToBytes());
    }

    void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file!.SafeFileHandle, bytes, _position);
        _position += bytes.Length;
        lock (_gate)
        {
            _bytes += bytes.Length;
            _segments[^1] = _segments[^1] with { Bytes = _position };
        }
    }

    /// <summary>Ends the segment: from here on it survives a loss of power too. That takes its time, in which events go on to come.</summary>
    void Close()
    {
        if (_file is { } file) _ = Task.Factory.StartNew(() => Flush(file), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _file = null;
    }

    static void Flush(FileStream file)
    {
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Its readers check each block.
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <summary>Takes old segments away until more bytes fit; false when there is no room for them even then.</summary>
    bool MakeRoom(int more)
    {
        if (_measuredAt == 0 || Stopwatch.GetElapsedTime(_measuredAt) >= s_retryAfter) Measure();
        while (_bytes + more > _sizeNow && _segments.Count > 1) Remove(_segments[0]);
        return _bytes + more <= Math.Max(_sizeNow, 0);
    }

    void Measure()
    {
        _measuredAt = Stopwatch.GetTimestamp();
        var disk = new DriveInfo(_directory.Path);
        var room = _bytes + disk.AvailableFreeSpace - disk.TotalSize / 100 * _options.FreePercent;
        lock (_gate) _sizeNow = Math.Clamp(room, 0, _options.Size);
        var isShort = _sizeNow < _options.Size;
        if (isShort == _isShort) return;
        _isShort = isShort;
        _options.Tell(isShort
            ? $"recorder: keeps {_sizeNow >> 20} MB instead of {_options.Size >> 20} MB for now, so that {_options.FreePercent} % of the file system of {_directory.Path} stay free"
            : $"recorder: keeps {_options.Size >> 20} MB again");
    }

    void Remove(Segment segment)
    {
        File.Delete(segment.Path);
        lock (_gate)
        {
            _segments.RemoveAt(0);
            _bytes -= segment.Bytes;
        }
    }

    void Pause(RecordedBlock block, string reason)
    {
        Interlocked.Add(ref _discarded, block.Events);
        _refused = block.Segment;
        CutBack();
        Close();
        // Before the engine's thread sees the pause: its next block begins a segment.
        _wish = true;
        lock (_gate) _reason = reason;
        _isPaused = true;
        _triedAt = Stopwatch.GetTimestamp();
        if (!_isTold) _options.Tell($"recorder: paused: {reason} ({_directory.Path}); policies stay in force");
        _isTold = true;
    }

    /// <summary>Half of a block is of no use, and takes room.</summary>
    void CutBack()
    {
        if (_file is null) return;
        try
        {
            RandomAccess.SetLength(_file.SafeFileHandle, _position);
        }
        catch (IOException)
        {
            // Readers see that it is cut.
        }
    }

    /// <summary>Looks for room to write; recording goes on when there is some.</summary>
    void TryOpen()
    {
        _triedAt = Stopwatch.GetTimestamp();
        try
        {
            Reopen();
            _lock ??= _directory.TryLock() ?? throw new IOException("another agent records there by now");
            List();
            Measure();
            if (_sizeNow < SmallestSegment * 2) throw new IOException($"less than {_options.FreePercent} % of the file system is free");
            // A file system that has become read-only, or a quota, shows by this alone.
            var probe = Path.Combine(_directory.Path, "probe");
            File.WriteAllBytes(probe, new byte[4096]);
            File.Delete(probe);
            lock (_gate) _reason = null;
            // That it goes on is told when the first block is written.
            _isPaused = false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            lock (_gate) _reason = error.Message;
            _isPaused = true;
            if (!_isTold) _options.Tell($"recorder: paused: {error.Message} ({_directory.Path}); policies stay in force");
            _isTold = true;
        }
    }

    /// <summary>Somebody may have taken the folder away.</summary>
    void Reopen()
    {
        if (_lock is null || File.Exists(_lock.Name)) return;
        _lock.Dispose();
        (_lock, _isListed) = (null, false);
        lock (_gate)
        {
            _segments.Clear();
            _bytes = 0;
        }
    }

    /// <summary>What is there from agents before counts too.</summary>
    void List()
    {
        if (_isListed) return;
        var files = _directory.Segments();
        lock (_gate)
        {
            foreach (var file in files) _segments.Add(new Segment(file, RecordingDirectory.StartOf(file) ?? DateTimeOffset.UnixEpoch, new FileInfo(file).Length));
            _bytes = _segments.Sum(s => s.Bytes);
        }
        if (files.Count > 0) _next = RecordingDirectory.NumberOf(files[^1])!.Value + 1;
        _isListed = true;
    }

    readonly record struct Segment(string Path, DateTimeOffset Start, long Bytes);
}
