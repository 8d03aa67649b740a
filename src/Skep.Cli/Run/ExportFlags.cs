using System.CommandLine;
using System.Globalization;
using Duration = Google.Protobuf.WellKnownTypes.Duration;
using Skep.Agent.Events;
using Skep.Tetragon.Api;
using Skep.Tetragon.Filters;

namespace Skep.Cli.Run;

/// <summary>Options of <c>skep run</c> about the export file, and about what is told at all; by Tetragon's names.</summary>
sealed class ExportFlags
{
    const UnixFileMode LastPermission = (UnixFileMode)0x1ff; // 0777

    readonly Option<string> _file = new("--export-filename") { Description = "A file that events are exported to as JSON, beside what is printed.", HelpName = "file", DefaultValueFactory = _ => "" };
    readonly Option<int> _size = new("--export-file-max-size-mb") { Description = "Begin a new export file after so many megabytes; 0 for never.", HelpName = "MB", DefaultValueFactory = _ => 10 };
    readonly Option<TimeSpan?> _interval = CommonOptions.DurationOrNone("--export-file-rotation-interval", "Begin a new export file after this time too: 1h, 24h; 0s for by its size alone.");
    readonly Option<int> _backups = new("--export-file-max-backups") { Description = "How many former export files are kept; 0 for all.", HelpName = "count", DefaultValueFactory = _ => 5 };
    readonly Option<TimeSpan?> _age = CommonOptions.DurationOrNone("--export-file-max-age", "Remove former export files after this time: 24h, 168h; 0s for never.");
    readonly Option<bool> _compress = new("--export-file-compress") { Description = "Compress former export files with gzip." };
    readonly Option<string> _permissions = new("--export-file-perm") { Description = "Permissions of new export files, in octal.", HelpName = "mode", DefaultValueFactory = _ => "600" };
    readonly Option<string[]> _allow = Filters("--export-allowlist", "Export only events that one of these filters takes, to the export file alone; JSON.");
    readonly Option<string[]> _deny = Filters("--export-denylist", "Do not export events that one of these filters takes, to the export file; JSON.");
    readonly Option<string[]> _fields = Filters("--field-filters", "Members of events that are exported to the file, or are not; JSON.");
    readonly Option<string[]> _redaction = Filters("--redaction-filters", "Secrets to be replaced in arguments and environment, wherever events are told; JSON.");
    readonly Option<int> _rate = new("--export-rate-limit") { Description = "Export at most so many events a minute to the file; -1 for all, 0 for none.", HelpName = "events", DefaultValueFactory = _ => -1 };
    readonly Option<bool> _aggregates = new("--enable-export-aggregation") { Description = "Export events to the file as one that tell the same." };
    readonly Option<TimeSpan?> _window = CommonOptions.Duration("--export-aggregation-window-size", "Within which time events are made one: 15s unless it is said.");
    readonly Option<uint> _held = new("--export-aggregation-buffer-size") { Description = "How many different events are held for that.", HelpName = "events", DefaultValueFactory = _ => EventAggregator.DefaultCapacity };

    public ExportFlags(Command command)
    {
        foreach (var option in (Option[])[_file, _size, _interval, _backups, _age, _compress, _permissions, _allow, _deny, _fields, _rate, _aggregates, _window, _held, _redaction]) command.Add(option);
        foreach (var option in (Option<int>[])[_size, _backups])
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 0) result.AddError($"{option.Name}: not less than 0");
            });
        }
        _rate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < -1) result.AddError("--export-rate-limit: events a minute, -1 for all or 0 for none");
        });
    }

    /// <summary>The export file; null when none is wanted.</summary>
    /// <exception cref="UserException">A filter or the permissions have an error.</exception>
    public ExportFileOptions? FileOf(ParseResult parsed)
    {
        var rate = parsed.GetValue(_rate);
        var options = new ExportFileOptions
        {
            Path = parsed.GetValue(_file)!,
            Rotation = new ExportRotation { MaxSize = parsed.GetValue(_size) * ExportRotation.Megabyte, Interval = parsed.GetValue(_interval) ?? TimeSpan.Zero, MaxBackups = parsed.GetValue(_backups) },
            MaxAge = parsed.GetValue(_age) ?? TimeSpan.Zero,
            Compresses = parsed.GetValue(_compress),
            Permissions = Permissions(parsed.GetValue(_permissions)!),
            Allow = Read(parsed, _allow, FilterJson.ReadFilters),
            Deny = Read(parsed, _deny, FilterJson.ReadFilters),
            Fields = Read(parsed, _fields, FilterJson.ReadFieldFilters),
            RateLimit = rate < 0 ? null : rate,
            Aggregation = parsed.GetValue(_aggregates)
                ? new AggregationOptions { WindowSize = parsed.GetValue(_window) is { } window ? Duration.FromTimeSpan(window) : null, ChannelBufferSize = parsed.GetValue(_held) }
                : null,
        };
        if (options.Path.Length == 0 || rate == 0) return null;
        // Mistakes are told before anything is started.
        Check(_allow, () => EventFilter.Compile(options.Allow, []));
        Check(_deny, () => EventFilter.Compile([], options.Deny));
        Check(_fields, () => FieldFilters.Compile(options.Fields));
        if (options.Aggregation is { } aggregation) Check(_window, () => new EventAggregator(aggregation));
        return options;
    }

    /// <summary>What takes secrets out; null when nothing is to.</summary>
    /// <exception cref="UserException">A filter has an error.</exception>
    public Redactor? RedactorOf(ParseResult parsed)
    {
        var filters = Read(parsed, _redaction, FilterJson.ReadRedactionFilters);
        return filters.Count == 0 ? null : Check(_redaction, () => Redactor.Compile(filters));
    }

    static List<T> Read<T>(ParseResult parsed, Option<string[]> option, Func<string, IReadOnlyList<T>> read) =>
        [.. parsed.GetValue(option)!.SelectMany(text => Check(option, () => read(text)))];

    static T Check<T>(Option option, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FilterException error)
        {
            throw new UserException($"{option.Name}: {error.Message}");
        }
    }

    static UnixFileMode Permissions(string text)
    {
        var mode = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7' || mode > (int)LastPermission) throw Wrong();
            mode = (mode << 3) | (digit - '0');
        }
        return text.Length > 0 && mode <= (int)LastPermission ? (UnixFileMode)mode : throw Wrong();

        UserException Wrong() => new(string.Create(CultureInfo.InvariantCulture, $"--export-file-perm: '{text}' is no mode: write 600 or 640"));
    }

    static Option<string[]> Filters(string name, string description) => new(name) { Description = description, HelpName = "filters", AllowMultipleArgumentsPerToken = false, DefaultValueFactory = _ => [] };
}
