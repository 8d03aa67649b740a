using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Xunit;

namespace Skep.Engine.Tests.Recording;

public class DamagedRecordingTests
{
    static (byte[] Bytes, List<string> Lines) Recorded(int seed, int events, int segments = 1)
    {
        using var recording = new TemporaryRecording();
        var (scene, expected) = (new RecordedScene(seed), new EventText());
        for (var i = 0; i < segments; i++)
        {
            using var recorder = recording.Start(delay: TimeSpan.Zero)!;
            scene.Play(events, expected, recorder);
        }
        return ([.. recording.Directory.Segments().SelectMany(File.ReadAllBytes)], expected.Lines);
    }

    static (EventText Events, RecordingReader Reader) Read(byte[] bytes)
    {
        var events = new EventText();
        var reader = new RecordingReader(events);
        using var stream = new MemoryStream(bytes);
        reader.Read(stream, "file", RecordingRange.All);
        return (events, reader);
    }

    [Fact]
    public void Cut_anywhere_leaves_the_events_of_the_whole_blocks()
    {
        var (bytes, lines) = Recorded(11, 60);
        var longest = 0;
        for (var length = 0; length <= bytes.Length; length++)
        {
            var (events, reader) = Read(bytes[..length]);
            EventText.FirstDifference(lines[..events.Lines.Count], events.Lines).ShouldBeNull($"cut to {length}");
            events.Lines.Count.ShouldBeGreaterThanOrEqualTo(longest);
            longest = events.Lines.Count;
            reader.Malformed.ShouldBe(0);
        }
        longest.ShouldBe(lines.Count);
    }

    [Fact]
    public void Flipped_bytes_leave_events_out_and_invent_none()
    {
        var (bytes, lines) = Recorded(12, 50, segments: 3);
        var known = lines.Select(UpToAncestors).ToHashSet();
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var i = random.Next(3); i >= 0; i--) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            var (events, reader) = Read(damaged);
            // What referred to the damaged part may lack an ancestor, and is never another process.
            events.Lines.Count.ShouldBeLessThanOrEqualTo(lines.Count);
            (events.Lines.Count == lines.Count || reader.Faults.Count > 0 || reader.CutBytes > 0).ShouldBeTrue($"round {round}: {lines.Count - events.Lines.Count} are missing without a word");
            foreach (var line in events.Lines) known.ShouldContain(UpToAncestors(line));
        }
    }

    [Fact]
    public void Any_bytes_are_read_without_a_crash()
    {
        var random = new Random(8);
        for (var round = 0; round < 3000; round++)
        {
            var bytes = new byte[random.Next(400)];
            random.NextBytes(bytes);
            if (round % 3 > 0) RecordingFormat.SegmentMagic.CopyTo(bytes.AsSpan(0, Math.Min(8, bytes.Length)) is { Length: 8 } start ? start : new byte[8]);
            Read(bytes);
        }
    }

    [Fact]
    public void Entries_with_the_right_checksum_and_no_sense_are_counted()
    {
        var random = new Random(9);
        var buffer = new EntryBuffer(1 << 16);
        var encoder = new RecordingEncoder(null);
        encoder.BeginSegment();
        encoder.BeginBlock(buffer);
        new RepeatedEvent().Write(encoder);
        encoder.Coverage(1, [new ObservedHook { Hook = "x", Policies = ["p"] }]);
        var entries = buffer.Written.ToArray();
        var malformed = 0L;
        for (var round = 0; round < 5000; round++)
        {
            var damaged = (byte[])entries.Clone();
            for (var i = random.Next(4); i >= 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            var decoder = new EntryDecoder(null, new BootClock(DateTime.UnixEpoch), new EventText());
            decoder.BeginSegment();
            decoder.Decode(damaged.AsSpan(0, random.Next(damaged.Length + 1)), RecordingRange.All);
            decoder.Decode(damaged, RecordingRange.All);
            malformed += decoder.Malformed;
        }
        malformed.ShouldBeGreaterThan(2500);
    }

    [Fact]
    public void Processes_cannot_be_their_own_ancestors()
    {
        var buffer = new EntryBuffer(1 << 16);
        var encoder = new RecordingEncoder(null);
        encoder.BeginSegment();
        encoder.BeginBlock(buffer);
        new RepeatedEvent().Write(encoder);
        var entries = buffer.Written.ToArray();
        // The parent, number 1, is told again as a child of number 2.
        var length = 5 + MemoryMarshal.Read<int>(entries.AsSpan(1));
        var first = entries.AsSpan(length);
        first[0].ShouldBe((byte)EntryKind.Process);
        var parent = first[..(5 + MemoryMarshal.Read<int>(first[1..]))].ToArray();
        parent[6] = 2;
        var events = new EventText();
        var decoder = new EntryDecoder(null, new BootClock(DateTime.UnixEpoch), events);
        decoder.Decode([.. entries, .. parent, .. entries.AsSpan(length)], RecordingRange.All);
        decoder.Malformed.ShouldBeGreaterThanOrEqualTo(1);
        events.Lines.Count.ShouldBe(6);
    }

    [Fact]
    public void Other_files_and_other_versions_are_told_apart()
    {
        Read([.. Enumerable.Repeat((byte)'x', 100)]).Reader.Faults.ShouldHaveSingleItem().ShouldBe("file: at byte 0: not a recording of skep");
        var (bytes, _) = Recorded(13, 5);
        bytes[8] = 9;
        Read(bytes).Reader.Faults[0].ShouldBe("file: at byte 0: format version 9: this skep reads version 1");
    }

    static string UpToAncestors(string line) => line.Split(" below ")[0];
}
