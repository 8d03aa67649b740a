using Skep.Engine.Rules;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Skep.Yaml;

/// <summary>Builds nodes from YAML's events, within bounds: a file from a stranger must not cost more than its size.</summary>
sealed class YamlDocuments
{
    const int DeepestNesting = 64;
    const long MostNodes = 1_000_000;

    readonly DiagnosticBag _bag;
    readonly Severity _twice;
    readonly Parser _parser;
    readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    readonly List<YamlNode> _roots = [];
    long _nodes;

    YamlDocuments(string text, DiagnosticBag bag, Severity twice)
    {
        _bag = bag;
        _twice = twice;
        _parser = new(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>The roots of a file's documents; where it is no YAML, those before that.</summary>
    /// <param name="text">The file.</param>
    /// <param name="bag">Gets what there is to say.</param>
    /// <param name="twice">How bad it is that a field is there twice; the first one counts.</param>
    public static IReadOnlyList<YamlNode> Read(string text, DiagnosticBag bag, Severity twice = Severity.Error)
    {
        // The scanner reads a NUL as the end of its input and would not see what follows.
        var zero = text.IndexOf('\0', StringComparison.Ordinal);
        if (zero >= 0)
        {
            var line = text.AsSpan(0, zero).Count('\n') + 1;
            bag.Error(new(line, zero - text.AsSpan(0, zero).LastIndexOf('\n')), "a NUL character has no place in YAML");
            return [];
        }
        YamlDocuments? documents = null;
        try
        {
            documents = new(text, bag, twice);
            documents.ReadAll();
        }
        catch (YamlException e)
        {
            bag.Error(e.Message.Contains("tab", StringComparison.Ordinal) ? Tab(text, At(e.Start)) : At(e.Start), e is BoundsException ? e.Message : $"no valid YAML: {Reason(e)}");
        }
        // Found by fuzzing: on some texts the scanner fails in its own bookkeeping instead.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            bag.Error(documents?._parser.Current is { } current ? At(current.Start) : Position.Start, "no valid YAML: unexpected text near here");
        }
        return documents?._roots ?? [];
    }

    static string Reason(YamlException e)
    {
        var message = e.InnerException is YamlException inner ? inner.Message : e.Message;
        message = message.TrimEnd('.', ' ');
        return message.Length == 0 ? "unexpected text" : char.ToLowerInvariant(message[0]) + message[1..];
    }

    // The scanner names the mapping around it.
    static Position Tab(string text, Position from)
    {
        var line = 0;
        foreach (var content in text.AsSpan().EnumerateLines())
        {
            line++;
            var tab = content.IndexOf('\t');
            if (line >= from.Line && tab >= 0 && content[..tab].Trim(' ').IsEmpty) return new(line, tab + 1);
        }
        return from;
    }

    static Position At(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    void ReadAll()
    {
        _parser.MoveNext();
        while (_parser.MoveNext())
        {
            if (_parser.Current is not DocumentStart) continue;
            _anchors.Clear();
            _parser.MoveNext();
            _roots.Add(ReadNode(0));
        }
    }

    YamlNode ReadNode(int depth)
    {
        var start = _parser.Current!;
        if (depth > DeepestNesting) throw new BoundsException(start, $"nested deeper than {DeepestNesting} levels");
        switch (start)
        {
            case AnchorAlias alias:
                if (!_anchors.TryGetValue(alias.Value.Value, out var known)) throw new BoundsException(start, $"no anchor {Spelling.Quote(alias.Value.Value)} before this alias");
                Count(start, known.Size);
                return known;
            case Scalar scalar:
                Count(start, 1);
                return Anchored(scalar, new YamlScalar(At(scalar.Start), scalar.Value, scalar.Style == ScalarStyle.Plain && !IsText(scalar)));
            case SequenceStart sequence:
                return ReadSequence(sequence, depth);
            case MappingStart mapping:
                return ReadMapping(mapping, depth);
            default:
                throw new BoundsException(start, "unexpected text");
        }
    }

    static bool IsText(Scalar scalar) => !scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str";

    YamlSequence ReadSequence(SequenceStart start, int depth)
    {
        Count(start, 1);
        var sequence = new YamlSequence(At(start.Start));
        for (Move(start); _parser.Current is not SequenceEnd; Move(start))
        {
            var item = ReadNode(depth + 1);
            sequence.Items.Add(item);
            sequence.Size += item.Size;
        }
        return Anchored(start, sequence);
    }

    YamlMapping ReadMapping(MappingStart start, int depth)
    {
        Count(start, 1);
        var mapping = new YamlMapping(At(start.Start));
        var merged = new List<YamlEntry>();
        var keys = new Dictionary<string, Position>(StringComparer.Ordinal);
        for (Move(start); _parser.Current is not MappingEnd; Move(start))
        {
            var key = ReadNode(depth + 1);
            Move(start);
            var value = ReadNode(depth + 1);
            mapping.Size += key.Size + value.Size;
            if (key is not YamlScalar name) _bag.Error(key.At, $"{key.Noun} as the name of a field");
            else if (name is { Plain: true, Text: "<<" }) Merge(value, merged);
            else if (!keys.TryAdd(name.Text, name.At)) _bag.Say(_twice, name.At, $"field {Spelling.Quote(name.Text)} is here twice, first in line {keys[name.Text].Line}");
            else mapping.Entries.Add(new(name, value));
        }
        foreach (var entry in merged)
        {
            if (keys.TryAdd(entry.Key.Text, entry.Key.At)) mapping.Entries.Add(entry);
        }
        return Anchored(start, mapping);
    }

    void Merge(YamlNode value, List<YamlEntry> merged)
    {
        switch (value)
        {
            case YamlMapping mapping:
                merged.AddRange(mapping.Entries);
                break;
            case YamlSequence sequence when sequence.Items.TrueForAll(i => i is YamlMapping):
                foreach (var item in sequence.Items) merged.AddRange(((YamlMapping)item).Entries);
                break;
            default:
                _bag.Error(value.At, $"expected a mapping to merge, got {value.Noun}");
                break;
        }
    }

    void Move(ParsingEvent start)
    {
        if (!_parser.MoveNext()) throw new BoundsException(start, "the file ends in here");
    }

    void Count(ParsingEvent at, long nodes)
    {
        _nodes += nodes;
        if (_nodes > MostNodes) throw new BoundsException(at, $"more than {MostNodes} parts, aliases counted");
    }

    T Anchored<T>(NodeEvent start, T node) where T : YamlNode
    {
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor.Value] = node;
        return node;
    }

    sealed class BoundsException(ParsingEvent at, string message) : YamlException(at.Start, at.End, message);
}
