using Skep.Engine.Evaluation;
using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>Which patterns the kernel's matchers leave out, and why; each is tried once.</summary>
sealed class PatternLimits
{
    // Literals of this length always have a matcher.
    const int AlwaysFits = 256;

    readonly Dictionary<TextPattern, LeftOutPattern?> _known = [];
    readonly Dictionary<TextPattern, string?> _errors = [];

    /// <summary>Why the kernel does not decide a pattern; null when it does.</summary>
    public LeftOutPattern? WhyLeftOut(TextPattern pattern)
    {
        if (pattern.Operator is not (TextOperator.Regex or TextOperator.Glob) && pattern.Text.Length <= AlwaysFits) return null;
        if (!_known.TryGetValue(pattern, out var why)) _known.Add(pattern, why = TextMatcherPlan.Create([new NumberedPattern(0, pattern)]).LeftOut is [var left, ..] ? left : null);
        return why;
    }

    /// <summary>Why nothing can decide a pattern; null when the kernel or user space does.</summary>
    public string? WhyWrong(TextPattern pattern)
    {
        if (WhyLeftOut(pattern) is not { } why) return null;
        if (_errors.TryGetValue(pattern, out var error)) return error;
        try
        {
            _ = new ByteRegex(pattern);
        }
        catch (PatternSyntaxException wrong)
        {
            error = wrong.Message;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException or InsufficientExecutionStackException)
        {
            error = $"{why.Message}, and user space cannot decide it either: {refused.Message}";
        }
        return _errors[pattern] = error;
    }

    /// <summary>Whether the kernel leaves out any of some patterns.</summary>
    public bool LeavesOut(IEnumerable<TextPattern> patterns) => patterns.Any(p => WhyLeftOut(p) is not null);

    /// <summary>Whether the kernel only knows bounds of a rule at one of its hooks.</summary>
    public bool LeavesOut(Rule rule) => LeftOutOf(rule).Any();

    /// <summary>The atoms of a rule that user space has to decide.</summary>
    public IEnumerable<(Condition Atom, LeftOutPattern Why)> LeftOutOf(Rule rule) =>
        from atom in AtomsOf(rule)
        from pattern in PatternsOf(atom)
        let why = WhyLeftOut(pattern)
        where why is not null
        select (atom, why);

    /// <summary>The texts and executables of a rule.</summary>
    public static IEnumerable<Condition> AtomsOf(Rule rule) => rule.WhenReturned is { } returned ? AtomsOf(rule.When).Concat(AtomsOf(returned)) : AtomsOf(rule.When);

    public static IReadOnlyList<TextPattern> PatternsOf(Condition atom) => atom switch
    {
        ExecutableCondition executable => executable.Patterns,
        ValueCondition { Predicate: TextPredicate text } => text.Patterns,
        _ => [],
    };

    static IEnumerable<Condition> AtomsOf(Condition condition) => condition switch
    {
        All all => all.Parts.SelectMany(AtomsOf),
        Any any => any.Parts.SelectMany(AtomsOf),
        Not not => AtomsOf(not.Part),
        _ => PatternsOf(condition).Count > 0 ? [condition] : [],
    };
}
