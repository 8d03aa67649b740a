using System.Runtime.InteropServices;
using Skep.Engine.Records;

namespace Skep.Engine.Recording;

/// <summary>
/// Reads recordings and tells their events. Files may be cut or damaged anywhere: what is whole is told, the rest is in <see cref="Faults"/>. An end that
/// is cut is what a killed agent leaves.
/// </summary>
public sealed class RecordingReader
{
    const int MostFaults = 32;

    readonly EntryDecoder _decoder;
    readonly IRecordingListener _listener;
    readonly List<string> _faults = [];
    byte[] _block = [], _entries = [];
    long _last = long.MinValue;

    /// <summary>Prepares to read.</summary>
    /// <param name="listener">Gets the events.</param>
    /// <param name="tags">Reads what dialects noted about hooks; null to go without.</param>
    public RecordingReader(IRecordingListener listener, IHookTagCodec? tags = null)
    {
        _listener = listener;
        _decoder = new EntryDecoder(tags, Clock, listener);
    }

    /// <summary>Turns the times of the event at hand into time of day.</summary>
    public BootClock Clock { get; } = new(DateTime.UnixEpoch);

    /// <summary>Of the segment that is being read; null before the first one.</summary>
    public RecordingHeader? Header { get; private set; }

    /// <summary>What is damaged, with file and place; the first few.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Bytes at the ends of files that a killed agent, or one that is still writing, left.</summary>
    public long CutBytes { get; private set; }

    /// <summary>Events that were read, wanted or not.</summary>
    public long Events { get; private set; }

    /// <summary>Entries that make no sense, or refer to what a damaged part told.</summary>
    public long Malformed => _decoder.Malformed;

    /// <summary>Called before a segment's events, with what is known of it.</summary>
    public Action<RecordingHeader>? OnSegment { get; init; }

    /// <summary>Reads files, the oldest first. One that is gone meanwhile is stepped over.</summary>
    public void Read(IEnumerable<string> files, RecordingRange range)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (var file in files)
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
                Read(stream, file, range);
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                // The recorder took the oldest one away to make room.
            }
        }
    }

    /// <summary>Says that nothing is observed from here on: the end of what was read.</summary>
    /// <param name="isLive">Whether an agent is still recording.</param>
    public void End(bool isLive)
    {
        var end = isLive ? RecordingRange.NanosecondsOf(DateTimeOffset.UtcNow) : _last;
        if (end != long.MinValue) _listener.OnCoverage(end, []);
    }

    /// <summary>Reads one file.</summary>
    public void Read(Stream stream, string name, RecordingRange range)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> start = stackalloc byte[BlockHeader.Size];
        var isRead = false;
        while (true)
        {
            var place = stream.Position;
            var count = stream.ReadAtLeast(start, BlockHeader.Size, throwOnEndOfStream: false);
            if (count == 0) return;
            if (count >= RecordingHeader.FixedSize && start.StartsWith(RecordingFormat.SegmentMagic))
            {
                stream.Position = place;
                // What follows a damaged header tells of processes that are not known by the tables of another segment.
                if (!TryReadHeader(stream, name, place) && !TryFind(stream, place + 1, blocks: false)) return;
                isRead = true;
                continue;
            }
            if (count < BlockHeader.Size)
            {
                CutBytes += count;
                return;
            }
            if (!isRead)
            {
                Fault(name, place, "not a recording of skep");
                return;
            }
            var header = MemoryMarshal.Read<BlockHeader>(start);
            if (BlockCodec.IsPlausible(header))
            {
                if (TryReadBlock(stream, start, header, range, out var isCut)) continue;
                if (isCut)
                {
                    CutBytes += stream.Length - place;
                    // A length that is damaged looks like this too.
                    if (!TryFind(stream, place + 1)) return;
                    Fault(name, place, "a damaged part was left out");
                    continue;
                }
            }
            Fault(name, place, "a damaged part was left out");
            if (!TryFind(stream, place + 1)) return;
        }
    }

    bool TryReadHeader(Stream stream, string name, long place)
    {
        Span<byte> start = stackalloc byte[RecordingHeader.FixedSize];
        stream.ReadExactly(start);
        var length = RecordingHeader.BodyLength(start, out var fault);
        if (fault is null && stream.Length - stream.Position < length)
        {
            CutBytes += stream.Length - place;
            return false;
        }
        var body = new byte[Math.Max(length, 0)];
        if (fault is null) stream.ReadExactly(body);
        var header = fault is null ? RecordingHeader.TryParse(start, body) : null;
        if (header is null)
        {
            Fault(name, place, fault ?? "damaged header");
            return false;
        }
        if (Header is { } before && before.Session != header.Session) End(isLive: false);
        Header = header;
        _decoder.BeginSegment();
        OnSegment?.Invoke(header);
        return true;
    }

    bool TryReadBlock(Stream stream, ReadOnlySpan<byte> start, in BlockHeader header, RecordingRange range, out bool isCut)
    {
        var length = (int)header.StoredLength;
        isCut = stream.Length - stream.Position < length;
        if (isCut) return false;
        if (_block.Length < BlockHeader.Size + length) _block = new byte[(BlockHeader.Size + length) * 2];
        start.CopyTo(_block);
        stream.ReadExactly(_block, BlockHeader.Size, length);
        if (_entries.Length < header.RawLength) _entries = new byte[Math.Max(header.RawLength, RecordingFormat.BlockSize * 2)];
        // Its segment's header is damaged.
        if (header.Segment != Header?.Segment) return false;
        if (!BlockCodec.TryRead(header, _block, _entries)) return false;
        Events += header.Events;
        _decoder.Decode(_entries.AsSpan(0, (int)header.RawLength), range);
        if (_decoder.LastTime > _last) _last = _decoder.LastTime;
        _listener.OnBatch();
        return true;
    }

    /// <summary>Goes to the next place that looks like the start of a block or segment; false when there is none.</summary>
    static bool TryFind(Stream stream, long from, bool blocks = true)
    {
        var buffer = new byte[1 << 16];
        const int Overlap = 8;
        for (stream.Position = from; ;)
        {
            var at = stream.Position;
            var count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            var bytes = buffer.AsSpan(0, count);
            var (block, segment) = (blocks ? bytes.IndexOf(RecordingFormat.BlockMagic) : -1, bytes.IndexOf(RecordingFormat.SegmentMagic));
            var found = block < 0 ? segment : segment < 0 ? block : Math.Min(block, segment);
            if (found >= 0)
            {
                stream.Position = at + found;
                return true;
            }
            if (count < buffer.Length) return false;
            stream.Position = at + count - Overlap;
        }
    }

    void Fault(string name, long place, string what)
    {
        if (_faults.Count < MostFaults) _faults.Add($"{name}: at byte {place}: {what}");
    }
}
