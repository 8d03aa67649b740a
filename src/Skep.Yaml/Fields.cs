namespace Skep.Yaml;

/// <summary>Takes the fields of a mapping one by one; what nobody took is unknown.</summary>
sealed class Fields
{
    readonly Dictionary<string, YamlEntry> _entries = new(StringComparer.Ordinal);
    readonly List<string> _known = [];
    readonly DiagnosticBag _bag;
    readonly string _where;

    Fields(YamlMapping mapping, string where, DiagnosticBag bag)
    {
        At = mapping.At;
        _where = where;
        _bag = bag;
        foreach (var entry in mapping.Entries) _entries.Add(entry.Key.Text, entry);
    }

    public Position At { get; }

    /// <summary>Null, after a complaint, when the node is no mapping.</summary>
    public static Fields? Of(YamlNode node, string where, DiagnosticBag bag)
    {
        if (node is YamlMapping mapping) return new(mapping, where, bag);
        if (node is YamlScalar { IsNull: true }) return new(new YamlMapping(node.At), where, bag);
        bag.Error(node.At, $"{where}: expected a mapping, got {node.Noun}");
        return null;
    }

    public bool Has(string name) => _entries.TryGetValue(name, out var entry) && entry.Value is not YamlScalar { IsNull: true };

    /// <summary>Where the field's name stands, or the mapping when there is none.</summary>
    public Position Place(string name) => _entries.TryGetValue(name, out var entry) ? entry.Key.At : At;

    public YamlNode? Node(string name)
    {
        _known.Add(name);
        return Has(name) ? _entries[name].Value : null;
    }

    public void Require(string name)
    {
        if (!Has(name)) _bag.Error(At, $"{_where}: required field \"{name}\" is missing");
    }

    public Located<string>? Text(string name)
    {
        var node = Node(name);
        return node is null ? null : TextOf(node, name);
    }

    public Located<string>? RequiredText(string name)
    {
        Require(name);
        var text = Text(name);
        if (text is not { Value: "" }) return text;
        _bag.Error(text.Value.At, $"{name}: must not be empty");
        return null;
    }

    public Located<bool>? Flag(string name)
    {
        var node = Node(name);
        if (node is null) return null;
        if (node is YamlScalar { Boolean: { } value }) return new(value, node.At);
        _bag.Error(node.At, $"{name}: expected true or false, got {Got(node)}");
        return null;
    }

    public Located<long>? Number(string name, long least, long most)
    {
        var node = Node(name);
        return node is null ? null : NumberOf(node, name, least, most);
    }

    /// <summary>A text that is one of some words.</summary>
    public Located<string>? Word(string name, IReadOnlyCollection<string> words)
    {
        var text = Text(name);
        if (text is null || words.Contains(text.Value.Value)) return text;
        _bag.Error(text.Value.At, $"{name}: {NotOneOf(text.Value.Value, words)}");
        return null;
    }

    /// <summary>Null when it is not there, or after a complaint.</summary>
    public IReadOnlyList<Located<string>>? Texts(string name) =>
        Whole(name, Items(name, node => TextOf(node, name) is { } text ? (text, true) : (default, false)));

    /// <summary>Null when it is not there, or after a complaint.</summary>
    public IReadOnlyList<Located<long>>? Numbers(string name, long least, long most) =>
        Whole(name, Items(name, node => NumberOf(node, name, least, most) is { } number ? (number, true) : (default, false)));

    /// <summary>Those that are mappings; null when it is not there, or after a complaint.</summary>
    public IReadOnlyList<T>? Mappings<T>(string name, string where, Func<Fields, T> read) =>
        Items(name, node => Of(node, where, _bag) is { } fields ? (Read(fields, read), true) : (default(T)!, false));

    public T? Mapping<T>(string name, string where, Func<Fields, T> read) where T : class =>
        Node(name) is { } node && Of(node, where, _bag) is { } fields ? Read(fields, read) : null;

    /// <summary>All entries of a mapping with names of the author's choice.</summary>
    public IReadOnlyList<(Located<string> Key, YamlNode Value)> Dictionary(string name)
    {
        var node = Node(name);
        if (node is null) return [];
        if (node is YamlMapping mapping) return [.. mapping.Entries.Select(e => (new Located<string>(e.Key.Text, e.Key.At), e.Value))];
        _bag.Error(node.At, $"{name}: expected a mapping, got {node.Noun}");
        return [];
    }

    /// <summary>Takes a field and looks no closer.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    /// <summary>Complains of fields that nobody took.</summary>
    public void End()
    {
        foreach (var entry in _entries.Values)
        {
            if (_known.Contains(entry.Key.Text)) continue;
            _bag.Error(entry.Key.At, $"unknown field {Spelling.Quote(entry.Key.Text)} in {_where}{Spelling.Hint(entry.Key.Text, _known)}");
        }
    }

    public static string NotOneOf(string text, IReadOnlyCollection<string> words)
    {
        var hint = Spelling.Hint(text, words);
        if (hint.Length == 0) hint = words.Count <= 12 ? $", expected one of {string.Join(", ", words)}" : "";
        return $"unknown word {Spelling.Quote(text)}{hint}";
    }

    static T Read<T>(Fields fields, Func<Fields, T> read)
    {
        var value = read(fields);
        fields.End();
        return value;
    }

    List<T>? Whole<T>(string name, List<T>? items) => Node(name) is YamlSequence sequence && sequence.Items.Count == items?.Count ? items : null;

    List<T>? Items<T>(string name, Func<YamlNode, (T Value, bool Is)> read)
    {
        var node = Node(name);
        if (node is null) return null;
        if (node is not YamlSequence sequence)
        {
            _bag.Error(node.At, $"{name}: expected a list, got {Got(node)}");
            return null;
        }
        var items = new List<T>(sequence.Items.Count);
        foreach (var item in sequence.Items)
        {
            var (value, isOne) = read(item);
            if (isOne) items.Add(value);
        }
        return items;
    }

    Located<string>? TextOf(YamlNode node, string name)
    {
        if (node is not YamlScalar scalar || scalar.IsNull)
        {
            _bag.Error(node.At, $"{name}: expected a text, got {node.Noun}");
            return null;
        }
        if (scalar.Boolean is not null || scalar.IsNumber)
            _bag.Warning(node.At, $"{name}: {scalar.Text} is {scalar.Noun} where a text belongs; Kubernetes would refuse it, put it in quotes");
        return new(scalar.Text, scalar.At);
    }

    Located<long>? NumberOf(YamlNode node, string name, long least, long most)
    {
        if (node is not YamlScalar { Plain: true } scalar || !NumberText.TryParse(scalar.Text, out var negative, out var magnitude))
        {
            _bag.Error(node.At, $"{name}: expected a whole number, got {Got(node)}");
            return null;
        }
        var fits = magnitude <= long.MaxValue;
        var value = negative ? -(long)magnitude : (long)magnitude;
        if (fits && value >= least && value <= most) return new(value, node.At);
        _bag.Error(node.At, most == long.MaxValue ? $"{name}: {Spelling.Quote(scalar.Text)} is less than {least}" : $"{name}: {Spelling.Quote(scalar.Text)} is not in {least} to {most}");
        return null;
    }

    static string Got(YamlNode node) => node is YamlScalar { IsNull: false } scalar ? $"{node.Noun}, {Spelling.Quote(scalar.Text)}" : node.Noun;
}
