namespace Skep.Yaml;

/// <summary>A part of a YAML document with its place. An alias is the very node that it names.</summary>
abstract class YamlNode(Position at)
{
    public Position At { get; } = at;

    /// <summary>Nodes below and including this one, aliases counted as often as they appear.</summary>
    public long Size { get; set; } = 1;

    /// <summary>What it is, in a message.</summary>
    public abstract string Noun { get; }
}

sealed class YamlScalar(Position at, string text, bool plain) : YamlNode(at)
{
    public string Text { get; } = text;

    /// <summary>Without quotes: only then it may be a number, a boolean or null.</summary>
    public bool Plain { get; } = plain;

    public bool IsNull => Plain && (Text is "" or "~" or "null" or "Null" or "NULL");

    public bool? Boolean => Plain ? Text switch
    {
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
        _ => null,
    } : null;

    public bool IsNumber => Plain && Text.Any(char.IsAsciiDigit) && (NumberText.TryParse(Text, out _, out _)
        || double.TryParse(Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _));

    public override string Noun => IsNull ? "nothing" : Boolean is not null ? "a boolean" : IsNumber ? "a number" : "a text";
}

sealed class YamlSequence(Position at) : YamlNode(at)
{
    public List<YamlNode> Items { get; } = [];

    public override string Noun => "a list";
}

sealed class YamlMapping(Position at) : YamlNode(at)
{
    public List<YamlEntry> Entries { get; } = [];

    public override string Noun => "a mapping";
}

readonly record struct YamlEntry(YamlScalar Key, YamlNode Value);
