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
        var shapes = requests.Select(request => (Request: request, Shapes: Shapes(request).ToList())).ToList();
        var counts = shapes.SelectMany(s => s.Shapes).CountBy(s => s.Shape).ToDictionary(StringComparer.Ordinal);
        foreach (var (request, possible) in shapes)
        {
            if (possible.Count == 0)
            {
                others.Add(request);
                continue;
            }
            // Of its constants the one whose place most others have in common with it.
            var (shape, hole) = possible.MaxBy(s => counts[s.Shape]);
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

    static IEnumerable<(string Shape, Condition Hole)> Shapes(PlannedRequest request)
    {
        if (request.RuleCount != 1 || request.Acts && HasActs(request)) yield break;
        var rule = request.RuleAt(0);
        if (rule.WhenReturned is not null || rule.ReturnActions.Count > 0) yield break;
        if (rule.Actions.Any(a => a is not PostAction { RateLimit: null, KernelStack: false, UserStack: false, FileDigest: false })) yield break;
        var start = $"{string.Join(',', request.Values)}|{request.Posts}|";
        foreach (var hole in ConstantsOf(rule.When)) yield return ($"{start}{KindOf(hole)}|{ConditionPrinter.Print(rule.When, hole)}", hole);
    }

    static Condition Join(IReadOnlyList<Condition> holes) => holes[0] switch
    {
        ExecutableCondition executable => executable with { Patterns = [.. holes.SelectMany(h => ((ExecutableCondition)h).Patterns).Distinct()] },
        ValueCondition value => value with
        {
            Predicate = value.Predicate switch
            {
                TextPredicate => new TextPredicate([.. Predicates<TextPredicate>(holes).SelectMany(p => p.Patterns).Distinct()]),
                NumberPredicate => new NumberPredicate([.. Predicates<NumberPredicate>(holes).SelectMany(p => p.Ranges).Distinct()]),
                PortPredicate port => port with { Ranges = [.. Predicates<PortPredicate>(holes).SelectMany(p => p.Ranges).Distinct()] },
                AddressPredicate address => address with { Networks = [.. Predicates<AddressPredicate>(holes).SelectMany(p => p.Networks).Distinct()] },
                _ => throw new InvalidOperationException("a family has no such constants"),
            },
        },
        _ => throw new InvalidOperationException("a family has values or executables"),
    };

    static IEnumerable<T> Predicates<T>(IReadOnlyList<Condition> holes) where T : Predicate => holes.Select(h => (T)((ValueCondition)h).Predicate);

    static bool HasActs(PlannedRequest request) => request.RuleAt(0).Actions.Any(a => a is SignalAction or OverrideAction or TrackSocketAction or NotifyAction or ForgetNotificationAction);

    /// <summary>The constants that stand alone or in a conjunction.</summary>
    static IEnumerable<Condition> ConstantsOf(Condition condition) => condition switch
    {
        All all => all.Parts.SelectMany(ConstantsOf),
        _ when KindOf(condition) is not null => [condition],
        _ => [],
    };

    static string? KindOf(Condition condition) => condition switch
    {
        ExecutableCondition { Relation: ProcessRelation.Self } => "executable",
        ValueCondition { Predicate: TextPredicate } => "text",
        ValueCondition { Predicate: NumberPredicate } => "number",
        ValueCondition { Predicate: PortPredicate port } => $"{port.Side} port",
        ValueCondition { Predicate: AddressPredicate address } => $"{address.Side} address",
        _ => null,
    };

    static Condition Replace(Condition condition, Condition part, Condition replacement) => ReferenceEquals(condition, part) ? replacement : condition switch
    {
        All all => new All([.. all.Parts.Select(p => Replace(p, part, replacement))]),
        _ => condition,
    };
}
