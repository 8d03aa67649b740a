using Shouldly;
using Skep.Engine.Recording;
using Xunit;

namespace Skep.Engine.Tests.Recording;

public class RecorderTests
{
    [Fact]
    public void Events_are_read_as_they_were_told()
    {
        using var recording = new TemporaryRecording();
        var (scene, expected) = (new RecordedScene(1), new EventText());
        using (var recorder = recording.Start()!)
        {
            scene.Play(2000, expected, recorder);
            scene.LearnContainer();
            scene.Play(2000, expected, recorder);
        }
        var (events, reader) = recording.Read();
        EventText.FirstDifference(expected.Lines, events.Lines).ShouldBeNull();
        reader.Faults.ShouldBeEmpty();
        (reader.Malformed, reader.CutBytes).ShouldBe((0, 0));
        reader.Events.ShouldBe(expected.Lines.Count);
        reader.Header!.Settings["node"].ShouldBe("here");
    }

    [Fact]
    public void Size_is_kept_and_what_is_left_tells_all_of_its_processes()
    {
        using var recording = new TemporaryRecording();
        var (scene, expected) = (new RecordedScene(2), new EventText());
        const long Size = 512 << 10;
        using (var recorder = recording.Start(Size, null)!)
        {
            for (var round = 0; round < 200 && !recording.Directory.Segments().Take(1).Any(f => Path.GetFileName(f).StartsWith("0000000003", StringComparison.Ordinal)); round++)
            {
                scene.Play(2000, expected, recorder);
                recording.Directory.Segments().Sum(s => File.Exists(s) ? new FileInfo(s).Length : 0).ShouldBeLessThanOrEqualTo(Size);
            }
            recorder.Status.LostPaused.ShouldBe(0);
            recorder.Status.Bytes.ShouldBeLessThanOrEqualTo(Size);
            recorder.Status.Segments.ShouldBeGreaterThan(2);
            recorder.Status.LostBehind.ShouldBe(0);
        }
        var (events, reader) = recording.Read();
        reader.Malformed.ShouldBe(0);
        events.Lines.Count.ShouldBeGreaterThan(1000);
        EventText.FirstDifference(expected.Lines[^events.Lines.Count..], events.Lines).ShouldBeNull();
    }

    [Fact]
    public void Folder_and_files_are_their_owners_alone()
    {
        using var recording = new TemporaryRecording();
        using (var recorder = recording.Start()!) new RecordedScene(3).Play(10, new EventText(), recorder);
        File.GetUnixFileMode(recording.Directory.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(recording.Directory.Segments().ShouldHaveSingleItem()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Second_recorder_is_refused_and_readers_see_that_one_is_there()
    {
        using var recording = new TemporaryRecording();
        recording.Directory.IsRecording().ShouldBeFalse();
        using (recording.Start())
        {
            recording.Directory.IsRecording().ShouldBeTrue();
            recording.Start().ShouldBeNull();
            recording.Told.ShouldHaveSingleItem().ShouldContain("another agent records in");
        }
        recording.Directory.IsRecording().ShouldBeFalse();
        recording.Start().ShouldNotBeNull().Dispose();
    }

    [Fact]
    public void Next_recorder_goes_on_behind_the_one_before()
    {
        using var recording = new TemporaryRecording();
        var (scene, expected) = (new RecordedScene(4), new EventText());
        for (var i = 0; i < 3; i++)
        {
            using var recorder = recording.Start()!;
            scene.Play(300, expected, recorder);
        }
        recording.Directory.Segments().Count.ShouldBe(3);
        EventText.FirstDifference(expected.Lines, recording.Read().Events.Lines).ShouldBeNull();
    }

    [Fact]
    public void Folder_that_cannot_be_made_pauses_and_recording_goes_on_when_it_can()
    {
        using var recording = new TemporaryRecording();
        File.WriteAllText(recording.Directory.Path, "in the way");
        var (scene, expected) = (new RecordedScene(5), new EventText());
        using var recorder = recording.Start()!;
        recorder.Status.PausedBecause.ShouldNotBeNull();
        scene.Play(10, new EventText(), recorder);
        recorder.Status.LostPaused.ShouldBeGreaterThan(0);
        File.Delete(recording.Directory.Path);
        for (var waited = 0; waited < 500 && recorder.Status.PausedBecause is not null; waited++) Thread.Sleep(20);
        recorder.Status.PausedBecause.ShouldBeNull();
        scene.Play(100, expected, recorder);
        recorder.Dispose();
        var events = recording.Read().Events;
        EventText.FirstDifference(expected.Lines, events.Lines).ShouldBeNull();
        events.Losses.Sum(l => l.Recorder).ShouldBeGreaterThan(0);
        recording.Told.Count.ShouldBe(2, string.Join('\n', recording.Told));
        recording.Told[0].ShouldContain("paused");
        recording.Told[1].ShouldContain("goes on");
    }

    [Fact]
    public void Coverage_begins_each_segment_and_ends_with_the_recorder()
    {
        using var recording = new TemporaryRecording();
        using (var recorder = recording.Start()!)
        {
            recorder.Cover([new ObservedHook { Hook = "syscall:openat", IsComplete = true, Policies = ["opens"], PolicyCount = 1 }]);
            new RecordedScene(6).Play(10, new EventText(), recorder);
        }
        var coverage = recording.Read().Events.Coverage;
        coverage[0].Hooks.ShouldHaveSingleItem().ShouldSatisfyAllConditions(h => h.Hook.ShouldBe("syscall:openat"), h => h.IsComplete.ShouldBeTrue(), h => h.Policies.ShouldBe(["opens"]));
        coverage[^1].Hooks.ShouldBeEmpty();
    }

    [Fact]
    public void Event_of_a_known_process_allocates_nothing()
    {
        var encoder = new RecordingEncoder(null);
        var buffer = new EntryBuffer(1 << 20);
        encoder.BeginSegment();
        encoder.BeginBlock(buffer);
        var scene = new RepeatedEvent();
        scene.Write(encoder);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            scene.Write(encoder);
            buffer.Reset();
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
