using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>Sets of patterns on one text, each known by a number: a set is met when any of its patterns is.</summary>
sealed class PatternSets
{
    readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    readonly List<IReadOnlyList<TextPattern>> _sets = [];

    public int Count => _sets.Count;

    /// <summary>What tells these sets from others.</summary>
    public string Key => string.Join('\n', _numbers.Keys);

    public IEnumerable<NumberedPattern> Numbered => _sets.SelectMany((set, number) => set.Select(pattern => new NumberedPattern(number, pattern)));

    public void Add(IReadOnlyList<TextPattern> patterns)
    {
        if (_numbers.TryAdd(KeyOf(patterns), _sets.Count)) _sets.Add(patterns);
    }

    public int NumberOf(IReadOnlyList<TextPattern> patterns) => _numbers[KeyOf(patterns)];

    static string KeyOf(IReadOnlyList<TextPattern> patterns) => string.Join('\t', patterns.Select(p => $"{(int)p.Operator}{Convert.ToHexString(p.Text)}"));
}
