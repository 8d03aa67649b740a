using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>
/// Requests of many policies that differ in one constant alone: the kernel runs one rule for all of them, whose constant is the union, and
/// user space finds the members by that constant. Ten thousand of them are a larger table, not a longer program. Only for rules that
/// observe: what is done in the kernel is decided there.
/// </summary>
public sealed class RuleFamily
{
    /// <summary>Fewer requests of a shape are cheaper as code of their own.</summary>
    internal const int SmallestSize = 8;

    internal RuleFamily(IReadOnlyList<PlannedRequest> members, IReadOnlyList<Condition> holes, int rule)
    {
        (Members, Holes, Rule) = (members, holes, rule);
        Union = Replace(members[0].RuleAt(0).When, holes[0], Join(holes));
    }

    /// <summary>The requests.</summary>
    public IReadOnlyList<PlannedRequest> Members { get; }

    /// <summary>Number of its rule in the program.</summary>
    public int Rule { get; }

    /// <summary>For each member the part of its condition that is its own.</summary>
    internal IReadOnlyList<Condition> Holes { get; }

    /// <summary>The first member's condition with the union of all members' constants in place of its own.</summary>
    internal Condition Union { get; }

    /// <summary>Splits a hook's requests into families and the rest.</summary>
    internal static (List<RuleFamily> Families, List<PlannedRequest> Others) Divide(IReadOnlyList<PlannedRequest> requests)
    {
        var byShape = new Dictionary<string, List<(PlannedRequest Request, Condition Hole)>>(StringComparer.Ordinal);
        var others = new List<PlannedRequest>();
        foreach (var request in requests)
        {
            if (Shape(request) is not var (shape, hole))
            {
                others.Add(request);
                continue;
            }
            if (!byShape.TryGetValue(shape, out var alike)) byShape.Add(shape, alike = []);
            alike.Add((request, hole));
        }
        var families = new List<RuleFamily>();
        foreach (var alike in byShape.Values)
        {
            if (alike.Count < SmallestSize) others.AddRange(alike.Select(a => a.Request));
            else families.Add(new RuleFamily([.. alike.Select(a => a.Request)], [.. alike.Select(a => a.Hole)], alike[0].Request.FirstRule));
        }
        // The order of policies does not matter to each other; among the others it stays as it was.
        others.Sort((a, b) => a.FirstRule.CompareTo(b.FirstRule));
        return (families, others);
    }

    static (string Shape, Condition Hole)? Shape(PlannedRequest request)
    {
        if (request.RuleCount != 1 || request.Acts && HasActs(request)) return null;
        var rule = request.RuleAt(0);
        if (rule.WhenReturned is not null || Hole(rule.When) is not { } hole) return null;
        if (rule.Actions.Any(a => a is not PostAction { RateLimit: null, KernelStack: false, UserStack: false }) || rule.ReturnActions.Count > 0) return null;
        return ($"{string.Join(',', request.Values)}|{request.Posts}|{ConditionPrinter.Print(rule.When, hole)}", hole);
    }

    static Condition Join(IReadOnlyList<Condition> holes) => holes[0] switch
    {
        ValueCondition value => value with { Predicate = new TextPredicate([.. holes.SelectMany(h => ((TextPredicate)((ValueCondition)h).Predicate).Patterns).Distinct()]) },
        ExecutableCondition executable => executable with { Patterns = [.. holes.SelectMany(h => ((ExecutableCondition)h).Patterns).Distinct()] },
        _ => throw new InvalidOperationException("a family has texts or executables"),
    };

    static bool HasActs(PlannedRequest request) => request.RuleAt(0).Actions.Any(a => a is SignalAction or OverrideAction or TrackSocketAction);

    /// <summary>The text or executable that stands alone or in a conjunction.</summary>
    static Condition? Hole(Condition condition) => condition switch
    {
        ValueCondition { Predicate: TextPredicate } => condition,
        ExecutableCondition { Relation: ProcessRelation.Self } => condition,
        All all => all.Parts.Select(Hole).OfType<ValueCondition>().FirstOrDefault() ?? all.Parts.Select(Hole).FirstOrDefault(h => h is not null),
        _ => null,
    };

    static Condition Replace(Condition condition, Condition part, Condition replacement) => ReferenceEquals(condition, part) ? replacement : condition switch
    {
        All all => new All([.. all.Parts.Select(p => Replace(p, part, replacement))]),
        _ => condition,
    };
}
