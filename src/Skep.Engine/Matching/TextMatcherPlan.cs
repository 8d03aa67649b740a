using Skep.Engine.Matching.Automata;

namespace Skep.Engine.Matching;

/// <summary>
/// How all patterns on one field are decided: as few matchers as the budgets allow, together exact, and the patterns that none of them decides. Literals alone, when
/// they are few, are compared; when they are many, they go into tables of their own. Everything else shares automata.
/// </summary>
public sealed class TextMatcherPlan
{
    // Literals up to this many bytes ride along in an automaton that runs anyway.
    const int MaxLiteralBytes = 2048;
    const int MaxLiteralNumbers = 32;
    const int SuffixRank = 1;

    readonly TextMatcherOptions _options;
    readonly List<TextMatcher> _matchers = [];
    readonly List<LeftOutPattern> _leftOut = [];

    TextMatcherPlan(TextMatcherOptions options) => _options = options;

    /// <summary>The matchers; their results belong together.</summary>
    public IReadOnlyList<TextMatcher> Matchers => _matchers;

    /// <summary>Patterns that no matcher decides.</summary>
    public IReadOnlyList<LeftOutPattern> LeftOut => _leftOut;

    /// <summary>Bytes of all maps.</summary>
    public long TableBytes => _matchers.Sum(m => (long)m.TableBytes);

    /// <summary>Makes the plan.</summary>
    public static TextMatcherPlan Create(IEnumerable<NumberedPattern> patterns, TextMatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        var plan = new TextMatcherPlan(options ?? new TextMatcherOptions());
        plan.Arrange(patterns);
        return plan;
    }

    /// <summary>Sets the bits of all numbers whose patterns match.</summary>
    public void Evaluate(ReadOnlySpan<byte> text, Span<ulong> bits)
    {
        foreach (var matcher in _matchers) matcher.Collect(matcher.Run(text), bits);
    }

    void Arrange(IEnumerable<NumberedPattern> patterns)
    {
        var (literals, others) = (new List<NumberedPattern>(), new List<NumberedPattern>());
        foreach (var (number, given) in patterns.Distinct())
        {
            var pattern = given.Operator == TextOperator.Glob ? GlobParser.Simplified(given) : given;
            (IsLiteral(pattern) ? literals : others).Add(new NumberedPattern(number, pattern));
        }
        if (others.Count == 0 && literals.Count <= _options.MaxCompares && literals.TrueForAll(l => l.Pattern.Text.Length <= CompareMatcher.MaxText))
        {
            if (literals.Count > 0) _matchers.Add(new CompareMatcher(literals, _options));
            return;
        }
        if (literals.Sum(l => l.Pattern.Text.Length) <= MaxLiteralBytes && literals.Select(l => l.Number).Distinct().Count() <= MaxLiteralNumbers) others.AddRange(literals);
        else AddTables(literals, others);
        AddAutomata(others);
    }

    static bool IsLiteral(TextPattern pattern) => pattern.Operator is TextOperator.Equal or TextOperator.Prefix or TextOperator.Suffix;

    /// <summary>Tables for literals; those too long for one are left to the automata.</summary>
    void AddTables(List<NumberedPattern> literals, List<NumberedPattern> others)
    {
        var byOperator = literals.ToLookup(l => l.Pattern.Operator);
        var equal = byOperator[TextOperator.Equal].ToLookup(l => l.Pattern.Text.Length <= EqualSetMatcher.MaxText);
        if (equal[true].Any()) _matchers.Add(new EqualSetMatcher(equal[true], _options));
        others.AddRange(equal[false]);
        foreach (var affix in new[] { TextOperator.Prefix, TextOperator.Suffix })
        {
            var fitting = byOperator[affix].ToLookup(l => l.Pattern.Text.Length <= AffixSetMatcher.MaxText && !_options.Sleepable);
            if (fitting[true].Any()) _matchers.Add(new AffixSetMatcher(fitting[true], affix == TextOperator.Suffix, _options));
            others.AddRange(fitting[false]);
        }
    }

    void AddAutomata(List<NumberedPattern> patterns)
    {
        var accepted = patterns.Where(IsWellFormed).ToLookup(p => Rank(p.Pattern));
        var mixed = new List<List<NumberedPattern>>();
        // Neighbours begin alike, and so share states.
        foreach (var kind in accepted.OrderBy(k => k.Key))
        {
            var numbers = kind.OrderBy(p => p.Pattern.Text, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))).GroupBy(p => p.Number).Select(g => g.ToList()).ToList();
            // Alone, literals at either end of the text need no bits of the result, however many they are.
            if (kind.Key <= SuffixRank && kind.Count() > Automaton.EventLimit) AddAutomaton(numbers);
            else mixed.AddRange(numbers);
        }
        var byNumber = mixed.GroupBy(m => m[0].Number).Select(g => g.SelectMany(m => m).ToList()).ToList();
        for (var at = 0; at < byNumber.Count; at += Automaton.EventLimit) AddAutomaton([.. byNumber.Skip(at).Take(Automaton.EventLimit)]);
    }

    /// <summary>One automaton for the numbers, or two for their halves when it is too large.</summary>
    void AddAutomaton(List<List<NumberedPattern>> numbers)
    {
        var patterns = numbers.SelectMany(n => n).ToList();
        if (patterns.Count == 0) return;
        if (Automaton.TryCreate(patterns, _options) is { } automaton)
        {
            _matchers.Add(automaton);
            return;
        }
        if (patterns.Count == 1)
        {
            _leftOut.Add(new LeftOutPattern(patterns[0].Number, patterns[0].Pattern, LeftOutReason.TooLarge, $"its automaton alone is larger than {_options.TableBudget} bytes"));
            return;
        }
        // Alternatives of one number may be decided by several matchers.
        var parts = numbers.Count > 1 ? numbers : [.. patterns.Select(p => new List<NumberedPattern> { p })];
        AddAutomaton(parts[..(parts.Count / 2)]);
        AddAutomaton(parts[(parts.Count / 2)..]);
    }

    bool IsWellFormed(NumberedPattern numbered)
    {
        try
        {
            new Nfa().Add(numbered.Pattern, numbered.Number);
            return true;
        }
        catch (PatternSyntaxException error)
        {
            _leftOut.Add(new LeftOutPattern(numbered.Number, numbered.Pattern, error.Reason, error.Message));
            return false;
        }
    }

    static int Rank(TextPattern pattern) => pattern.Operator switch
    {
        TextOperator.Equal or TextOperator.Prefix => 0,
        TextOperator.Suffix => SuffixRank,
        TextOperator.Contains => 2,
        TextOperator.ContainsIgnoringCase => 3,
        TextOperator.Glob => 4,
        _ => 5,
    };
}
