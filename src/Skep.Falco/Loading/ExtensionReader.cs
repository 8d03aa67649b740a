using System.Globalization;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>Reads the keys that only Skep knows.</summary>
static class ExtensionReader
{
    public const string Action = "skep_action";
    public const string Window = "skep_window";

    const int Sigkill = 9, Sigterm = 15;

    static readonly (string Name, int Number)[] s_signals =
    [
        ("SIGHUP", 1), ("SIGINT", 2), ("SIGQUIT", 3), ("SIGABRT", 6), ("SIGKILL", Sigkill), ("SIGUSR1", 10), ("SIGUSR2", 12), ("SIGTERM", Sigterm), ("SIGCONT", 18), ("SIGSTOP", 19), ("SIGTSTP", 20),
    ];

    static readonly string[] s_windowKeys = ["count", "within", "by"];

    public static FalcoAction? ReadAction(ItemReader item)
    {
        if (!item.Has(Action)) return null;
        var scalar = item.Scalar(Action);
        var words = scalar.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["kill"] => new(FalcoActionKind.Kill, Sigkill),
            ["deny"] => new(FalcoActionKind.Deny, 0),
            ["throttle"] => new(FalcoActionKind.Throttle, 0),
            ["signal"] => new(FalcoActionKind.Signal, Sigterm),
            ["signal", var name] when TrySignal(name, out var signal) => new(FalcoActionKind.Signal, signal),
            ["signal", var name] => throw Error(item, Action, scalar, $"unknown signal '{name}'"),
            _ => throw Error(item, Action, scalar, $"unknown action '{scalar.Text}', expected kill, deny, throttle or signal [NAME]"),
        };
    }

    public static FalcoWindow? ReadWindow(ItemReader item)
    {
        if (!item.Has(Window)) return null;
        var node = item.Required(Window);
        if (node is not YamlMapping mapping) throw Error(item, Window, node, "expected a mapping with count, within and by");
        var inner = new ItemReader(mapping, item.Context.Inside("value for", Window, node));
        foreach (var entry in mapping.Entries)
        {
            if (!s_windowKeys.Contains(entry.Key.Text)) throw Error(inner, entry.Key.Text, entry.Key, $"unknown key '{entry.Key.Text}', expected count, within or by");
        }
        var count = inner.Scalar("count");
        if (!int.TryParse(count.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var matches) || matches < 1) throw Error(inner, "count", count, $"'{count.Text}' is not a number of matches");
        var within = inner.Scalar("within");
        if (!TryDuration(within.Text, out var time)) throw Error(inner, "within", within, $"'{within.Text}' is not a time, expected for example 500ms, 30s, 5m or 1h");
        var by = inner.Node("by") switch
        {
            null or YamlScalar { IsNull: true } => [],
            YamlSequence sequence => sequence.Items.Select(i => ReadField(inner, i)).ToList(),
            var one => [ReadField(inner, one)],
        };
        return new(matches, time, by);
    }

    static FieldReference ReadField(ItemReader item, YamlNode node)
    {
        if (node is not YamlScalar scalar) throw Error(item, "by", node, "expected a field");
        if (ConditionParser.ParseOperandOrNull(scalar.Text) is not ValueNode.Field named) throw Error(item, "by", node, $"'{scalar.Text}' is not a field");
        var field = FieldCatalogue.Find(named.Name, named.Argument, out var error) ?? throw Error(item, "by", node, error);
        return field.HasSeveral || field.Field.Is(FieldTraits.FilterOnly) ? throw Error(item, "by", node, $"the field '{field}' has several values or none to count by") : field;
    }

    static bool TrySignal(string text, out int signal)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out signal)) return signal is > 0 and < 65;
        signal = Array.Find(s_signals, s => s.Name == text || s.Name.AsSpan(3).SequenceEqual(text)).Number;
        return signal > 0;
    }

    static bool TryDuration(string text, out TimeSpan time)
    {
        time = default;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || digits > 6) return false;
        var number = int.Parse(text.AsSpan(0, digits), CultureInfo.InvariantCulture);
        time = text[digits..] switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => default,
        };
        return time > TimeSpan.Zero;
    }

    static LoadException Error(ItemReader item, string key, YamlNode node, string message) => new(item.Context.Inside("value for", key, node), FalcoCode.Extension, message);
}
