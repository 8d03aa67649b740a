using System.Buffers;
using Skep.Falco.Fields;

namespace Skep.Falco.Conditions;

/// <summary>Finds what is probably not meant as it is written.</summary>
static class ConditionWarnings
{
    static readonly SearchValues<char> s_special = SearchValues.Create(@"\.+*?()|[]{}^$");

    /// <summary>What there is to say, with the place; true for what is about a field that Falco advises against.</summary>
    public static IEnumerable<(int At, bool IsDeprecated, string Message)> Of(ConditionNode node)
    {
        switch (node)
        {
            case ConditionNode.And and:
                return and.Parts.SelectMany(Of);
            case ConditionNode.Or or:
                return or.Parts.SelectMany(Of);
            case ConditionNode.Not not:
                return Of(not.Inner);
            case ConditionNode.Exists exists:
                return OfValue(exists.Left);
            case ConditionNode.Check check:
                return OfValue(check.Left).Concat(OfValue(check.Right)).Concat(OfCheck(check));
            default:
                return [];
        }
    }

    static IEnumerable<(int, bool, string)> OfValue(ValueNode node)
    {
        if (node is ValueNode.Field field && FieldCatalogue.Find(field.Name, field.Argument, out _) is { } known && known.Field.Is(FieldTraits.Deprecated))
            return [(field.At, true, $"the field '{field.Name}' is deprecated")];
        return node is ValueNode.Transformed transformed ? transformed.Arguments.SelectMany(OfValue) : [];
    }

    static IEnumerable<(int, bool, string)> OfCheck(ConditionNode.Check check)
    {
        IReadOnlyList<ValueNode.Text> constants = check.Right switch { ValueNode.List list => list.Items, ValueNode.Text text => [text], _ => [] };
        foreach (var constant in constants)
        {
            switch (ConditionParser.ParseOperandOrNull(constant.Value))
            {
                case ValueNode.Field field when FieldCatalogue.Find(field.Name, field.Argument, out _) is not null:
                    yield return (constant.At, false, $"'{constant.Value}' may be a valid field misused as a const string value");
                    break;
                case ValueNode.Transformed:
                    yield return (constant.At, false, $"'{constant.Value}' may be a valid field transformer misused as a const string value");
                    break;
                default:
                    break;
            }
            if (check.Operator == FalcoOperator.Regex && Simpler(constant.Value) is { } simpler)
                yield return (constant.At, false, $"regular expression '{constant.Value}' may be written as '{simpler}', which is faster");
        }
    }

    static string? Simpler(string pattern)
    {
        var (start, end) = (pattern.StartsWith(".*", StringComparison.Ordinal), pattern.EndsWith(".*", StringComparison.Ordinal));
        var core = pattern[(start ? 2 : 0)..];
        if (end && core.Length >= 2) core = core[..^2];
        if (core.Length == 0 || core.AsSpan().IndexOfAny(s_special) >= 0) return null;
        return (start, end) switch { (true, true) => $"contains {core}", (true, false) => $"endswith {core}", (false, true) => $"startswith {core}", _ => $"= {core}" };
    }
}
