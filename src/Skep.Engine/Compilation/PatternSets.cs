using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>Sets of patterns on one text, each known by a number: a set is met when any of its patterns is.</summary>
sealed class PatternSets
{
    readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    readonly List<IReadOnlyList<TextPattern>> _sets = [];
    readonly List<string> _keys = [];

    public int Count => _sets.Count;

    /// <summary>What tells each set from others, by its number.</summary>
    public IReadOnlyList<string> Keys => _keys;

    /// <summary>The patterns of a set.</summary>
    public IReadOnlyList<TextPattern> PatternsOf(int number) => _sets[number];

    /// <summary>What tells these sets from others.</summary>
    public string Key => string.Join('\n', _keys);

    public IEnumerable<NumberedPattern> Numbered => _sets.SelectMany((set, number) => set.Select(pattern => new NumberedPattern(number, pattern)));

    public void Add(IReadOnlyList<TextPattern> patterns)
    {
        var key = KeyOf(patterns);
        if (!_numbers.TryAdd(key, _sets.Count)) return;
        _sets.Add(patterns);
        _keys.Add(key);
    }

    public int NumberOf(IReadOnlyList<TextPattern> patterns) => _numbers[KeyOf(patterns)];

    static string KeyOf(IReadOnlyList<TextPattern> patterns) => string.Join('\t', patterns.Select(p => $"{(int)p.Operator}{Convert.ToHexString(p.Text)}"));
}
