using System.CommandLine;
using System.Globalization;
using Skep.Cli.Output;
using Skep.Tetragon;

namespace Skep.Cli;

/// <summary>Options that several verbs share.</summary>
static class CommonOptions
{
    /// <summary>Where an agent listens unless told otherwise.</summary>
    public const string DefaultSocket = "/run/skep/skep.sock";

    /// <summary>Where an agent keeps its state unless told otherwise.</summary>
    public const string DefaultStateDirectory = "/var/lib/skep";

    static readonly TimeSpan s_longest = TimeSpan.FromSeconds(3e6);

    /// <summary>Where the running agent is found.</summary>
    public static Option<string?> Server() => new("--server-address") { Description = "The agent's unix socket; without, the one of this host's configuration.", HelpName = "unix:path" };

    public static Option<OutputFormat> Format() => new("--output", "-o")
    {
        Description = "How to print: table or json.",
        DefaultValueFactory = _ => OutputFormat.Table,
        HelpName = "table|json",
    };

    /// <summary>A span of time such as <c>500ms</c>, <c>5s</c>, <c>1h30m</c>; a bare number means seconds.</summary>
    public static Option<TimeSpan?> Duration() => Duration("--duration", "Stop after this time: 500ms, 5s, 2m, 1h.", "-d");

    /// <summary>An option that is a span of time.</summary>
    public static Option<TimeSpan?> Duration(string name, string description, params string[] aliases) => Duration(name, description, aliases, mayBeZero: false);

    /// <summary>The same, where zero means that there is no such time.</summary>
    public static Option<TimeSpan?> DurationOrNone(string name, string description) => Duration(name, description, [], mayBeZero: true);

    static Option<TimeSpan?> Duration(string name, string description, string[] aliases, bool mayBeZero) => new(name, aliases)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryParseDuration(text, out var duration, mayBeZero)) return duration;
            result.AddError($"'{text}' is no time: write 500ms, 5s, 2m or 1h");
            return null;
        },
    };

    public static bool TryParseDuration(string text, out TimeSpan duration, bool mayBeZero = false)
    {
        if (text.Length > 0 && (char.IsAsciiDigit(text[^1]) || text[^1] == '.')) text += "s";
        return GoDuration.TryParse(text, out duration) && duration < s_longest && (duration > TimeSpan.Zero || (mayBeZero && duration == TimeSpan.Zero));
    }

    /// <summary>A number of bytes such as <c>0</c>, <c>64M</c> or <c>1.5G</c>, by powers of 1,024.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        var shift = text[digits..].ToUpperInvariant() switch { "" or "B" => 0, "K" or "KB" => 10, "M" or "MB" => 20, "G" or "GB" => 30, "T" or "TB" => 40, _ => -1 };
        if (shift < 0 || number * (1L << shift) > 1L << 50) return false;
        bytes = (long)(number * (1L << shift));
        return true;
    }
}
