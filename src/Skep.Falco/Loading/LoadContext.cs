using Skep.Engine.Rules;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>A place that is being read, with the places around it.</summary>
sealed class LoadContext
{
    const int ShownOfCondition = 20;

    readonly LoadContext? _outer;
    readonly FalcoLocation _location;
    // What the snippet is cut from, and what file:line:column means.
    readonly SourceFile _shown;
    readonly int _shownAt;

    LoadContext(LoadContext? outer, FalcoLocation location, SourceFile shown, int shownAt, SourceFile file, Position place)
    {
        (_outer, _location, _shown, _shownAt) = (outer, location, shown, shownAt);
        (File, Place) = (file, place);
    }

    public SourceFile File { get; }

    public Position Place { get; }

    public static LoadContext Of(SourceFile file) => new(null, new("rules content", "", file.Name, 0, 0, 0), file, 0, file, Position.Start);

    public LoadContext Inside(string type, string name, YamlNode node) => Inside(type, name, node.At);

    public LoadContext Inside(string type, string name, Position at)
    {
        var offset = File.OffsetOf(at);
        return new(this, new(type, name, File.Name, at.Line - 1, at.Column - 1, offset), File, offset, File, at);
    }

    /// <summary>A place in a text that is not in the file as it is: lists are expanded, parts are appended.</summary>
    public LoadContext Inside(string type, string text, int offset, SourceFile file, Position place)
    {
        var whole = new SourceFile(text, text);
        offset = Math.Clamp(offset, 0, text.Length);
        var position = whole.PositionOf(offset);
        var start = text.ReplaceLineEndings(" ");
        if (start.Length > ShownOfCondition) start = start[..ShownOfCondition] + "...";
        return new(this, new(type, "", $"\"{start}\"", position.Line - 1, position.Column - 1, offset), whole, offset, file, place);
    }

    public FalcoIssue Issue(FalcoCode code, string message)
    {
        var locations = new List<FalcoLocation>();
        for (var context = this; context is not null; context = context._outer) locations.Insert(0, context._location);
        var severity = FalcoCodes.IsError(code) ? Severity.Error : Severity.Warning;
        var words = $"{string.Join(": ", locations.Skip(1).Take(1).Where(l => l.ItemName.Length > 0).Select(l => $"{l.ItemType} '{l.ItemName}'").Append(message))} [{FalcoCodes.NameOf(code)}]";
        return new(code, message, locations, _shown.Snippet(_shownAt), new(severity, words, File.Name, Place.Line, Place.Column));
    }
}
