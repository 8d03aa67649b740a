using System.CommandLine;
using System.Globalization;
using Skep.Agent.Recording;
using Skep.Cli.Run;
using Skep.Engine.Recording;

namespace Skep.Cli.Recording;

/// <summary>The options that say which recorded events are meant.</summary>
sealed class RecordedSource
{
    readonly Option<string?> _since = new("--since") { Description = "From when on, of what was recorded: a time ago such as 10m, or a time of day such as 2026-01-31T12:00:00Z.", HelpName = "time" };
    readonly Option<string?> _until = new("--until") { Description = "Until when, likewise.", HelpName = "time" };
    readonly Option<string?> _file = new("--file") { Description = "A file that skep save wrote, in place of what this host recorded.", HelpName = "file" };
    readonly Option<string?> _state = StateDirectory();
    readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    /// <summary>Where an agent keeps its state, for who reads it.</summary>
    public static Option<string?> StateDirectory() => new("--state-directory")
    {
        Description = "Where the agent keeps what it records; without, as this host's configuration has it.", HelpName = "directory",
    };

    /// <summary>The recordings below it.</summary>
    public static RecordingDirectory DirectoryOf(ParseResult parsed, Option<string?> state) =>
        EventRecording.In(parsed.GetValue(state) ?? HostConfiguration.StateDirectory(Environment.GetEnvironmentVariables()));

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_since, _until, _file, _state]) command.Add(option);
        command.Validators.Add(result =>
        {
            foreach (var option in (Option<string?>[])[_since, _until])
            {
                if (result.GetValue(option) is { } text && !TryParseTime(text, _now, out _)) result.AddError($"{option.Name}: '{text}' is no time: write 10m, 1h or 2026-01-31T12:00:00Z");
            }
        });
    }

    /// <summary>Whether recorded events are asked for.</summary>
    public bool IsWanted(ParseResult parsed) => parsed.GetValue(_since) is not null || parsed.GetValue(_until) is not null || FileOf(parsed) is not null;

    /// <summary>A saved file; null for what this host recorded.</summary>
    public string? FileOf(ParseResult parsed) => parsed.GetValue(_file);

    public bool HasEnd(ParseResult parsed) => parsed.GetValue(_until) is not null;

    public RecordingDirectory DirectoryOf(ParseResult parsed) => DirectoryOf(parsed, _state);

    public RecordingRange RangeOf(ParseResult parsed)
    {
        var range = RecordingRange.All;
        if (parsed.GetValue(_since) is { } since && TryParseTime(since, _now, out var from)) range = range with { From = RecordingRange.NanosecondsOf(from) };
        if (parsed.GetValue(_until) is { } until && TryParseTime(until, _now, out var end)) range = range with { Until = RecordingRange.NanosecondsOf(end) };
        return range;
    }

    /// <summary>The files to read.</summary>
    /// <exception cref="UserException">There are none.</exception>
    public IReadOnlyList<string> FilesOf(ParseResult parsed)
    {
        if (FileOf(parsed) is { } file) return File.Exists(file) ? [file] : throw new UserException($"there is no file {file}");
        return FilesIn(DirectoryOf(parsed), RangeOf(parsed));
    }

    /// <summary>The segments of a time.</summary>
    /// <exception cref="UserException">There are none.</exception>
    public static IReadOnlyList<string> FilesIn(RecordingDirectory directory, RecordingRange range)
    {
        var files = range.From == long.MinValue ? directory.Segments() : directory.SegmentsSince(RecordingRange.TimeOf(range.From));
        return files.Count > 0 ? files : throw new UserException($"nothing is recorded in {directory.Path}: skep run records there unless --state-directory or --recorder-size say otherwise");
    }

    /// <summary>A time ago, or a time of day; without a zone it is of this machine's.</summary>
    public static bool TryParseTime(string text, DateTimeOffset now, out DateTimeOffset time)
    {
        if (CommonOptions.TryParseDuration(text, out var ago))
        {
            time = now - ago;
            return true;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out time);
    }
}
