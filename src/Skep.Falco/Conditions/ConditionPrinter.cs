using System.Globalization;
using System.Text;

namespace Skep.Falco.Conditions;

/// <summary>Writes conditions in Falco's own compact form, each group in parentheses.</summary>
static class ConditionPrinter
{
    public static string Print(ConditionNode node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    public static string Print(ValueNode node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    static void Append(StringBuilder text, ConditionNode node)
    {
        switch (node)
        {
            case ConditionNode.And and:
                AppendGroup(text, and.Parts, " and ");
                break;
            case ConditionNode.Or or:
                AppendGroup(text, or.Parts, " or ");
                break;
            case ConditionNode.Not not:
                text.Append("not ");
                Append(text, not.Inner);
                break;
            case ConditionNode.Macro macro:
                text.Append(macro.Name);
                break;
            case ConditionNode.Exists exists:
                Append(text, exists.Left);
                text.Append(" exists");
                break;
            case ConditionNode.Check check:
                Append(text, check.Left);
                text.Append(' ').Append(check.Word).Append(' ');
                if (check.Modifier != FalcoModifier.None) text.Append(Array.Find(FalcoOperators.Modifiers, m => m.Modifier == check.Modifier).Word);
                Append(text, check.Right);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(node));
        }
    }

    static void AppendGroup(StringBuilder text, IReadOnlyList<ConditionNode> parts, string between)
    {
        text.Append('(');
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0) text.Append(between);
            Append(text, parts[i]);
        }
        text.Append(')');
    }

    static void Append(StringBuilder text, ValueNode node)
    {
        switch (node)
        {
            case ValueNode.Field field:
                text.Append(field.Name);
                AppendArgument(text, field.Argument);
                break;
            case ValueNode.Transformed transformed:
                text.Append(Transformers.NameOf(transformed.Transformer)).Append('(');
                // A constant among them is only one in quotes.
                AppendAll(text, transformed.Arguments, quoted: true);
                text.Append(')');
                AppendArgument(text, transformed.Argument);
                break;
            case ValueNode.List list:
                text.Append('(');
                AppendAll(text, list.Items, quoted: false);
                text.Append(')');
                break;
            case ValueNode.Text constant:
                AppendConstant(text, constant.Value, quoted: false);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(node));
        }
    }

    static void AppendAll(StringBuilder text, IReadOnlyList<ValueNode> nodes, bool quoted)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            if (i > 0) text.Append(", ");
            if (nodes[i] is ValueNode.Text constant) AppendConstant(text, constant.Value, quoted);
            else Append(text, nodes[i]);
        }
    }

    static void AppendArgument(StringBuilder text, string? argument)
    {
        if (argument is null) return;
        text.Append('[');
        AppendConstant(text, argument, quoted: argument.Any(c => char.IsWhiteSpace(c) || c is '[' or ']' or '\''));
        text.Append(']');
    }

    static void AppendConstant(StringBuilder text, string value, bool quoted)
    {
        if (!quoted && value.Length > 0 && !value.Any(NeedsQuotes))
        {
            text.Append(value);
            return;
        }
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                default:
                    if (IsByte(c) && !(i > 0 && char.IsHighSurrogate(value[i - 1]))) text.Append(CultureInfo.InvariantCulture, $"\\x{(byte)c:x2}");
                    else text.Append(c);
                    break;
            }
        }
        text.Append('"');
    }

    static bool NeedsQuotes(char c) => c is ' ' or '=' or '\\' or '"' || IsByte(c);

    static bool IsByte(char c) => char.IsControl(c) || c is >= '\udc80' and <= '\udcff';
}
