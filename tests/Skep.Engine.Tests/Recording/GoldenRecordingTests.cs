using Shouldly;
using Skep.Engine.Recording;
using Xunit;

namespace Skep.Engine.Tests.Recording;

/// <summary>Recordings of former days are read as they were told then: who changes the format needs another version and leaves these as they are.</summary>
public class GoldenRecordingTests
{
    const string Folder = "vectors/recordings/";

    [Theory]
    [InlineData("brotli.skep", BlockEncoding.Brotli)]
    [InlineData("deflate.skep", BlockEncoding.Deflate)]
    public void Recording_of_a_former_day_is_read_as_it_was_told(string name, object encoding)
    {
        using var recording = Open(name);
        var events = new EventText();
        RecordingHeader? header = null;
        var reader = new RecordingReader(events) { OnSegment = read => header = read };
        reader.Read(recording, name, RecordingRange.All);
        reader.Faults.ShouldBeEmpty();
        (reader.Malformed, reader.CutBytes).ShouldBe((0, 0));
        using var text = new StreamReader(Open("events.txt"));
        EventText.FirstDifference(text.ReadToEnd().TrimEnd('\n').Split('\n'), events.Lines).ShouldBeNull();
        header!.Settings.ShouldBe(new Dictionary<string, string> { ["node"] = "here" });
        var hook = events.Coverage[0].Hooks.ShouldHaveSingleItem();
        (hook.Hook, hook.IsComplete, string.Join(',', hook.Policies)).ShouldBe(("openat", true, "opens"));
        events.Coverage[^1].Hooks.ShouldBeEmpty();
        events.Losses.ShouldHaveSingleItem().ShouldBe(new RecordedLoss(7, 0));
        Encodings(recording).ShouldContain((BlockEncoding)encoding);
    }

    /// <summary>Each block header has its encoding at byte 32.</summary>
    static List<BlockEncoding> Encodings(MemoryStream recording)
    {
        var (bytes, found) = (recording.ToArray(), new List<BlockEncoding>());
        for (var at = 0; bytes.AsSpan(at).IndexOf("blk\n"u8) is >= 0 and var next; at += next + 4) found.Add((BlockEncoding)BitConverter.ToUInt32(bytes, at + next + 32));
        return found;
    }

    static MemoryStream Open(string name)
    {
        var copy = new MemoryStream();
        using var vector = typeof(GoldenRecordingTests).Assembly.GetManifestResourceStream(Folder + name)!;
        vector.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }
}
