using System.Text;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;
using Skep.Yaml;

namespace Skep.Falco.Loading;

/// <summary>
/// Makes conditions of exceptions, as text: values may name lists, which are put in afterwards like everywhere in a condition.
/// </summary>
static class ExceptionText
{
    /// <summary>Gives operators where none are, and checks that everything fits.</summary>
    /// <exception cref="LoadException">It does not.</exception>
    public static void Complete(ExceptionInfo exception)
    {
        if (exception.Fields.Count == 0) throw Error(exception, "Rule exception item must have fields property with a list of fields");
        if (exception.Comparisons.Count == 0) exception.Comparisons = [.. exception.Fields.Select(_ => exception.IsList ? "=" : "in")];
        if (exception.Comparisons.Count != exception.Fields.Count) throw Error(exception, "Fields and comps lists must have equal length");
        foreach (var text in exception.Comparisons)
        {
            if (!FalcoOperators.TryParse(text, out var comparison, out var modifier)) throw Error(exception, $"'{text}' is not a supported comparison operator");
            if (!exception.IsList && !FalcoOperators.IsList(comparison) && modifier == FalcoModifier.None)
                throw Error(exception, "When fields is a single value, comps must be one of (in, pmatch, intersects)");
        }
        foreach (var field in exception.Fields)
        {
            if (!IsField(field)) throw Error(exception, $"'{field}' is not a supported filter field");
        }
    }

    /// <summary>Whether a condition changes; then a parenthesis comes before it.</summary>
    public static bool HasValues(IReadOnlyList<ExceptionInfo> exceptions) => exceptions.Any(e => e.Values.Count > 0);

    /// <summary>The exception that makes a place of the whole condition; null when the rule itself does.</summary>
    public static ExceptionInfo? At(int offset, string condition, IReadOnlyList<ExceptionInfo> exceptions)
    {
        if (!HasValues(exceptions) || offset <= condition.Length) return null;
        for (var count = 1; count < exceptions.Count; count++)
        {
            if (exceptions[count - 1].Values.Count > 0 && offset < Append(condition, [.. exceptions.Take(count)]).Length) return exceptions[count - 1];
        }
        return exceptions[^1];
    }

    /// <summary>The whole condition of a rule.</summary>
    public static string Append(string condition, IReadOnlyList<ExceptionInfo> exceptions)
    {
        if (!HasValues(exceptions)) return condition;
        var text = new StringBuilder().Append('(').Append(condition).Append(')');
        foreach (var exception in exceptions)
        {
            if (exception.Values.Count == 0) continue;
            text.Append(" and not ");
            if (exception.IsList) AppendTuples(text, exception);
            else AppendValues(text, exception);
        }
        return text.ToString();
    }

    static void AppendTuples(StringBuilder text, ExceptionInfo exception)
    {
        text.Append('(');
        for (var i = 0; i < exception.Values.Count; i++)
        {
            if (i > 0) text.Append(" or ");
            if (exception.Values[i] is not YamlSequence tuple || tuple.Items.Count != exception.Fields.Count)
                throw new LoadException(exception.Context.Inside("exception value", "", exception.Values[i]), FalcoCode.Validate, "Fields and values lists must have equal length");
            text.Append('(');
            for (var j = 0; j < tuple.Items.Count; j++)
            {
                if (j > 0) text.Append(" and ");
                text.Append(exception.Fields[j]).Append(' ').Append(exception.Comparisons[j]).Append(' ');
                AppendValue(text, exception, tuple.Items[j], exception.Comparisons[j]);
            }
            text.Append(')');
        }
        text.Append(')');
    }

    static void AppendValue(StringBuilder text, ExceptionInfo exception, YamlNode value, string comparison)
    {
        switch (value)
        {
            case YamlSequence items:
                text.Append('(').AppendJoin(", ", items.Items.Select(i => Quoted(Scalar(exception, i)))).Append(')');
                break;
            case YamlScalar scalar when FalcoOperators.TryParse(comparison, out var parsed, out var modifier) && (FalcoOperators.IsList(parsed) || modifier != FalcoModifier.None):
                // What its author put in parentheses already stays as it is.
                text.Append(scalar.Text.StartsWith('(') ? scalar.Text : $"({Quoted(scalar.Text)})");
                break;
            default:
                text.Append(Quoted(Scalar(exception, value)));
                break;
        }
    }

    static void AppendValues(StringBuilder text, ExceptionInfo exception) =>
        text.Append('(').Append(exception.Fields[0]).Append(' ').Append(exception.Comparisons[0]).Append(" (")
            .AppendJoin(", ", exception.Values.Select(v => Quoted(Scalar(exception, v)))).Append("))");

    static string Scalar(ExceptionInfo exception, YamlNode node) => node is YamlScalar scalar ? scalar.Text
        : throw new LoadException(exception.Context.Inside("exception value", "", node), FalcoCode.Validate, "sequence value is not scalar");

    internal static string Quoted(string text) => text.Contains(' ', StringComparison.Ordinal) && text[0] is not ('"' or '\'') ? $"\"{text}\"" : text;

    static bool IsField(string text) => ConditionParser.ParseOperandOrNull(text) switch
    {
        ValueNode.Field field => FieldCatalogue.Find(field.Name, field.Argument, out _) is not null,
        ValueNode.Transformed => true,
        _ => false,
    };

    static LoadException Error(ExceptionInfo exception, string message) => new(exception.Context, FalcoCode.Validate, message);
}
