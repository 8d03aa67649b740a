using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Skep.Agent.Configuration;

namespace Skep.Cli.Run;

/// <summary>The options of <c>skep run</c> that hold, and where each was said.</summary>
/// <param name="Parsed">Their values.</param>
/// <param name="Options">All that may be configured.</param>
/// <param name="Places">Where those were said that neither the command line nor the default decides.</param>
sealed record ConfiguredRun(ParseResult Parsed, IReadOnlyList<Option> Options, IReadOnlyDictionary<Option, SettingPlace> Places)
{
    /// <summary>The file of options, which need not exist; null for none.</summary>
    public string? File { get; init; }

    /// <summary>Whether somebody said it, and it is not the default.</summary>
    public bool IsSaid(Option option) => Parsed.GetResult(option) is { Implicit: false };

    /// <summary>Prints them as a file of options would have them, with their origin behind each.</summary>
    public void Print(TextWriter output)
    {
        foreach (var option in Options.OrderBy(o => o.Name, StringComparer.Ordinal))
        {
            var name = option.Name.TrimStart('-');
            var origin = Places.TryGetValue(option, out var place) ? place.ToString() : IsSaid(option) ? "command line" : "default";
            var said = IsSaid(option) ? Parsed.GetResult(option)!.Tokens.Select(t => t.Value).ToList() : null;
            // A switch without a value.
            if (said is { Count: 0 }) said = ["true"];
            var text = said is not null ? Text(option, said) : Text(option, option.HasDefaultValue ? option.GetDefaultValue() : Nothing(option.ValueType));
            output.WriteLine(text is null ? $"# {name}: not set" : $"{name}: {text}  # {origin}");
        }
    }

    static string? Text(Option option, List<string> said) => IsList(option.ValueType) ? $"[{string.Join(", ", said.Select(Quote))}]"
        : option.ValueType == typeof(string) ? Quote(said[^1]) : said[^1].ToLowerInvariant();

    static string? Text(Option option, object? value) => value switch
    {
        null => null,
        string text => Quote(text),
        bool isOn => isOn ? "true" : "false",
        Enum word => word.ToString().ToLowerInvariant(),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms"),
        IEnumerable list => list.Cast<object>().Select(item => Text(option, item)).ToList() is { Count: > 0 } items ? $"[{string.Join(", ", items)}]" : null,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    static object? Nothing(Type type) => type == typeof(bool) ? false : type == typeof(int) || type == typeof(long) ? 0 : null;

    /// <summary>Texts that YAML would read as something else are quoted; JSON's quoting is YAML's.</summary>
    static string Quote(string text)
    {
        var isPlain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '.') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or ':' or '@' or '+')
            && !text.EndsWith(':') && text.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null");
        return isPlain ? text : $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }
}
