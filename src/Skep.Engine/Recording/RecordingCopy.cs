using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Recording;

/// <summary>Copies the events of a time to a file that stands for itself: with the processes and hooks that they refer to, and no others.</summary>
public sealed class RecordingCopy : IRecordingListener
{
    readonly Stream _output;
    readonly RecordingEncoder _encoder;
    readonly RecordingReader _reader;
    readonly RecordedBlock _block = new();
    readonly RecordingRange _range;
    RecordingHeader? _copied;
    IReadOnlyList<ObservedHook> _observed = [];
    byte[] _packed = [];
    bool _isOpen;

    RecordingCopy(Stream output, RecordingRange range, IHookTagCodec? tags)
    {
        (_output, _range, _encoder) = (output, range, new RecordingEncoder(tags));
        _reader = new RecordingReader(this, tags) { OnSegment = OnSegment };
    }

    /// <summary>Events in the copy.</summary>
    public long Events { get; private set; }

    /// <summary>Bytes of the copy.</summary>
    public long Bytes { get; private set; }

    /// <summary>Times of the first and the last event, nanoseconds since 1970; null when there are none.</summary>
    public (long First, long Last)? Times { get; private set; }

    /// <summary>What of the originals is damaged.</summary>
    public IReadOnlyList<string> Faults => _reader.Faults;

    /// <summary>Events that the originals lack, as they say themselves.</summary>
    public RecordedLoss Lost { get; private set; }

    /// <summary>Copies events.</summary>
    /// <param name="files">The originals, the oldest first.</param>
    /// <param name="range">Which events.</param>
    /// <param name="output">Where to.</param>
    /// <param name="tags">Reads and writes what dialects noted about hooks.</param>
    /// <param name="isLive">Whether an agent is still recording.</param>
    public static RecordingCopy Create(IEnumerable<string> files, RecordingRange range, Stream output, IHookTagCodec? tags, bool isLive)
    {
        ArgumentNullException.ThrowIfNull(output);
        var copy = new RecordingCopy(output, range, tags);
        copy._reader.Read(files, range);
        copy._reader.End(isLive);
        copy.Write();
        return copy;
    }

    /// <inheritdoc/>
    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches)
    {
        Begin(time);
        _encoder.Execution(process, time, tid, matches);
        End();
    }

    /// <inheritdoc/>
    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches)
    {
        Begin(time);
        _encoder.Exit(process, time, tid, status, matches);
        End();
    }

    /// <inheritdoc/>
    public void OnHook(in HookEvent hookEvent)
    {
        Begin(hookEvent.Record.Time);
        _encoder.Match(hookEvent);
        End();
    }

    /// <inheritdoc/>
    public void OnBatch()
    {
    }

    /// <inheritdoc/>
    public void OnCoverage(long time, IReadOnlyList<ObservedHook> hooks)
    {
        // The end is told also where it comes after the time.
        if (_copied is null || (time >= _range.Until && hooks.Count > 0)) return;
        if (time >= _range.From && !_isOpen) Open(time);
        _observed = hooks;
        if (_isOpen) _encoder.Coverage(Math.Min(time, _range.Until), hooks);
    }

    /// <inheritdoc/>
    public void OnLoss(long time, RecordedLoss loss)
    {
        Lost = new RecordedLoss(Lost.Kernel + loss.Kernel, Lost.Recorder + loss.Recorder);
        if (!_isOpen) Open(time);
        _encoder.Loss(time, loss);
    }

    void OnSegment(RecordingHeader header)
    {
        Write();
        (_copied, _isOpen) = (header, false);
    }

    void Begin(ulong time)
    {
        var unix = _reader.Clock.UnixNanoseconds(time);
        if (!_isOpen) Open(unix);
        _encoder.Clock(unix - (long)time);
        _block.Count(unix);
        Times = (Times?.First ?? unix, unix);
        Events++;
    }

    void End()
    {
        if (_block.Buffer.Length < RecordingFormat.BlockSize) return;
        Write();
        BeginBlock();
    }

    void Open(long time)
    {
        _isOpen = true;
        _encoder.BeginSegment();
        Write((_copied! with { Segment = _encoder.Segment }).ToBytes());
        BeginBlock();
        _encoder.Coverage(Math.Min(time, Math.Max(_copied!.Created, _range.From)), _observed);
    }

    void BeginBlock()
    {
        _block.Begin(_encoder.Segment);
        _encoder.BeginBlock(_block.Buffer);
    }

    void Write()
    {
        if (_block.Buffer.Length == 0) return;
        var bound = BlockCodec.Bound(_block.Buffer.Length);
        if (_packed.Length < bound) _packed = new byte[bound];
        var length = BlockCodec.Write(_block.Buffer.Written, _block.Segment, _block.Events, _block.First, _block.Last, _packed);
        Write(_packed.AsSpan(0, length));
        _block.Buffer.Reset();
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        Bytes += bytes.Length;
    }
}
