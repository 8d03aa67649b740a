using System.CommandLine;
using Skep.Engine.Recording;
using Skep.Tetragon.Policies;

namespace Skep.Cli.Recording;

/// <summary><c>skep save</c>: the last minutes in a file that can be taken elsewhere. Needs no agent, only what one has recorded.</summary>
static class SaveCommand
{
    /// <summary>What a running agent has not written yet, it writes within this time.</summary>
    public static readonly TimeSpan WriteDelay = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var duration = new Argument<TimeSpan>("duration")
        {
            Description = "How much of the recent past: 30s, 5m, 1h.",
            CustomParser = result =>
            {
                if (CommonOptions.TryParseDuration(result.Tokens[0].Value, out var time)) return time;
                result.AddError($"'{result.Tokens[0].Value}' is no time: write 30s, 5m or 1h");
                return default;
            },
        };
        var file = new Argument<string>("file") { Description = "Where to; it must not exist yet." };
        var state = RecordedSource.StateDirectory();
        var command = new Command("save", "Save the events of the last minutes to a file, for skep events --file and skep policy try --file.") { duration, file, state };
        command.SetAction(async (parsed, cancellation) =>
        {
            var now = DateTimeOffset.UtcNow;
            var range = new RecordingRange(RecordingRange.NanosecondsOf(now - parsed.GetValue(duration)), RecordingRange.NanosecondsOf(now));
            var directory = RecordedSource.DirectoryOf(parsed, state);
            var isLive = directory.IsRecording();
            if (isLive) await Task.Delay(WriteDelay, cancellation);
            var files = RecordedSource.FilesIn(directory, range);
            Save(files, range, parsed.GetValue(file)!, isLive);
            return SkepCommand.Success;
        });
        return command;
    }

    static void Save(IReadOnlyList<string> files, RecordingRange range, string path, bool isLive)
    {
        if (File.Exists(path)) throw new UserException($"{path} exists already");
        RecordingCopy copy;
        try
        {
            using var output = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            copy = RecordingCopy.Create(files, range, output, HookTagCodec.Instance, isLive);
            output.Flush(flushToDisk: true);
        }
        catch
        {
            // Half of a copy looks like all of one.
            File.Delete(path);
            throw;
        }
        foreach (var fault in copy.Faults) Console.Error.WriteLine($"skep: {fault}");
        Tell(copy.Lost);
        if (copy.Times is not { } times)
        {
            Console.Error.WriteLine($"skep: {path}: no event was recorded in this time");
            return;
        }
        Console.Error.WriteLine($"skep: {path}: {copy.Events} events from {RecordingRange.TimeOf(times.First):O} to {RecordingRange.TimeOf(times.Last):O}, {copy.Bytes} bytes");
    }

    /// <summary>Says what a recording lacks.</summary>
    public static void Tell(RecordedLoss lost)
    {
        if (lost.Kernel > 0) Console.Error.WriteLine($"skep: {lost.Kernel} events of this time were lost before they could be recorded");
        if (lost.Recorder > 0) Console.Error.WriteLine($"skep: {lost.Recorder} events of this time were not recorded, because the disk was full or slow");
    }
}
