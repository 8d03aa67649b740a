using Skep.Engine.Recording;
using Skep.Engine.Records;

namespace Skep.Engine.Tests.Recording;

/// <summary>A folder to record in, for the time of a test.</summary>
sealed class TemporaryRecording : IDisposable
{
    readonly string _above = System.IO.Directory.CreateTempSubdirectory("skep-recorder-").FullName;

    public TemporaryRecording() => Directory = new RecordingDirectory(System.IO.Path.Combine(_above, "recorder"));

    public RecordingDirectory Directory { get; }

    public List<string> Told { get; } = [];

    public Recorder? Start(long size = RecorderOptions.DefaultSize, TimeSpan? delay = null) => Recorder.Start(new RecorderOptions
    {
        Directory = Directory.Path, Size = size, FreePercent = 0, Delay = delay ?? TimeSpan.FromSeconds(1), Memory = 128 << 20, Tell = line => { lock (Told) Told.Add(line); },
        Settings = new Dictionary<string, string> { ["node"] = "here" },
    }, new BootClock(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)));

    /// <summary>What a reader finds.</summary>
    public (EventText Events, RecordingReader Reader) Read(RecordingRange? range = null)
    {
        var events = new EventText();
        var reader = new RecordingReader(events);
        reader.Read(Directory.Segments(), range ?? RecordingRange.All);
        return (events, reader);
    }

    public void Dispose() => System.IO.Directory.Delete(_above, recursive: true);
}
