namespace Skep.Engine.Rules;

/// <summary>Kubernetes' label selector: all terms have to hold.</summary>
/// <param name="Terms">The terms.</param>
public sealed record LabelSelector(IReadOnlyList<LabelTerm> Terms)
{
    /// <summary>Selects nothing, whatever the labels are.</summary>
    public static LabelSelector Nothing { get; } = new([new LabelTerm("", LabelOperator.In, [])]);

    /// <summary>Whether labels meet all terms.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        for (var i = 0; i < Terms.Count; i++) // an enumerator would be allocated
        {
            var term = Terms[i];
            var found = labels.TryGetValue(term.Key, out var value);
            var holds = term.Operator switch
            {
                LabelOperator.In => found && term.Values.Contains(value!),
                LabelOperator.NotIn => !found || !term.Values.Contains(value!),
                LabelOperator.Exists => found,
                _ => !found,
            };
            if (!holds) return false;
        }
        return true;
    }
}

/// <summary>One term of a label selector.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Values">With what.</param>
public sealed record LabelTerm(string Key, LabelOperator Operator, IReadOnlyList<string> Values);

/// <summary>Operators of label selectors.</summary>
public enum LabelOperator
{
    /// <summary>The label is there and has one of the values.</summary>
    In,

    /// <summary>The label is absent or has none of the values.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is absent.</summary>
    DoesNotExist,
}
