using System.Globalization;
using System.Text;

namespace Skep.Engine.Rules;

/// <summary>Writes conditions for people: <c>executable in "/usr/bin/cat" and value 0 equals "/etc/shadow"</c>. Two conditions that print alike mean the same.</summary>
public static class ConditionPrinter
{
    /// <summary>The text of a condition.</summary>
    public static string Print(Condition condition) => Print(condition, hole: null);

    /// <summary>The text of a condition in which one part, compared by reference, is printed as <c>…</c>.</summary>
    internal static string Print(Condition condition, Condition? hole)
    {
        var text = new StringBuilder();
        Append(text, condition, hole);
        return text.ToString();
    }

    static void Append(StringBuilder text, Condition condition, Condition? hole)
    {
        if (ReferenceEquals(condition, hole))
        {
            text.Append(condition is ValueCondition value ? $"value {value.Value} …" : condition is ExecutableCondition executable ? $"{Name(executable.Relation)} …" : "…");
            return;
        }
        switch (condition)
        {
            case All { Parts.Count: 0 }:
                text.Append("always");
                break;
            case Any { Parts.Count: 0 }:
                text.Append("never");
                break;
            case All all:
                AppendJoined(text, all.Parts, " and ", hole);
                break;
            case Any any:
                AppendJoined(text, any.Parts, " or ", hole);
                break;
            case Not not:
                text.Append("not (");
                Append(text, not.Part, hole);
                text.Append(')');
                break;
            case ValueCondition value:
                text.Append(CultureInfo.InvariantCulture, $"value {value.Value} ").Append(Print(value.Predicate));
                break;
            case ComparisonCondition comparison:
                Append(text, comparison.Left);
                text.Append(comparison.Comparison switch { NumberComparison.Equal => " == ", NumberComparison.Less => " < ", _ => " <= " });
                Append(text, comparison.Right);
                break;
            case ExecutableCondition executable:
                text.Append(Name(executable.Relation)).Append(' ').AppendJoin(" or ", executable.Patterns);
                break;
            case PidCondition pid:
                text.Append(pid.InNamespace ? "pid in its namespace " : "pid ").AppendJoin(", ", pid.Pids).Append(pid.WithDescendants ? " or a descendant" : "");
                break;
            case NamespaceCondition space:
                text.Append(CultureInfo.InvariantCulture, $"{space.Kind} namespace ").AppendJoin(", ", space.Inodes);
                break;
            case CapabilityCondition capability:
                text.Append(CultureInfo.InvariantCulture, $"{capability.Set} capabilities & 0x{capability.Mask:x}{(capability.InOtherUserNamespace ? " outside of the initial user namespace" : "")}");
                break;
            case NamespaceChangeCondition changes:
                text.Append("changed namespace ").AppendJoin(", ", changes.Kinds);
                break;
            case CapabilityChangeCondition changes:
                text.Append(CultureInfo.InvariantCulture, $"changed {changes.Set} capabilities & 0x{changes.Mask:x}{(changes.InOtherUserNamespace ? " outside of the initial user namespace" : "")}");
                break;
            case WorkloadCondition workload:
                text.Append(CultureInfo.InvariantCulture, $"workload {Print(workload.Workload)}");
                break;
            default:
                text.Append(condition);
                break;
        }
    }

    static void Append(StringBuilder text, NumberExpression number)
    {
        switch (number)
        {
            case ConstantNumber constant:
                text.Append(CultureInfo.InvariantCulture, $"{constant.Number}");
                break;
            case CapturedNumber captured:
                text.Append(CultureInfo.InvariantCulture, $"value {captured.Value}");
                break;
            case NarrowedNumber narrowed:
                text.Append(narrowed.IsSigned ? "int32(" : "uint32(");
                Append(text, narrowed.Number);
                text.Append(')');
                break;
            case CombinedNumber combined:
                text.Append('(');
                Append(text, combined.Left);
                text.Append(combined.Operator switch
                {
                    NumberOperator.Add => " + ",
                    NumberOperator.Subtract => " - ",
                    NumberOperator.And => " & ",
                    NumberOperator.Or => " | ",
                    _ => " ^ ",
                });
                Append(text, combined.Right);
                text.Append(')');
                break;
            default:
                text.Append(number);
                break;
        }
    }

    static void AppendJoined(StringBuilder text, IReadOnlyList<Condition> parts, string separator, Condition? hole)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0) text.Append(separator);
            var nested = parts[i] is All { Parts.Count: > 1 } or Any { Parts.Count: > 1 };
            if (nested) text.Append('(');
            Append(text, parts[i], hole);
            if (nested) text.Append(')');
        }
    }

    static string Print(Predicate predicate) => predicate switch
    {
        TextPredicate text => string.Join(" or ", text.Patterns),
        NumberPredicate number => "in " + string.Join(", ", number.Ranges.Select(Print)),
        MaskPredicate mask => "& " + string.Join(" | ", mask.Masks.Select(m => $"0x{m:x}")),
        FileTypePredicate type => "file type " + string.Join(", ", type.Modes.Select(m => $"0{Convert.ToString(m, 8)}")),
        AddressPredicate address => $"{address.Side} address in {string.Join(", ", address.Networks)}",
        PortPredicate port => $"{port.Side} port in {string.Join(", ", port.Ranges.Select(Print))}",
        SocketFieldPredicate field => $"{field.Field} in {string.Join(", ", field.Values)}",
        GainedCapabilitiesPredicate gained => $"gained over value {gained.Old} & 0x{gained.Mask:x}",
        _ => predicate.ToString(),
    };

    static string Print(NumberRange range) => range.First == range.Last ? range.First.ToString(CultureInfo.InvariantCulture) : $"{range.First}..{range.Last}";

    static string Print(Workload workload) =>
        $"(namespace '{workload.Namespace}', pods {Print(workload.Pods)}, containers {Print(workload.Containers)}, host {(workload.IncludesHost ? "yes" : "no")})";

    static string Print(LabelSelector? selector) =>
        selector is null ? "any" : string.Join(" and ", selector.Terms.Select(t => $"{t.Key} {t.Operator} {string.Join("|", t.Values)}"));

    static string Name(ProcessRelation relation) => relation switch
    {
        ProcessRelation.Self => "executable",
        ProcessRelation.Parent => "parent's executable",
        ProcessRelation.Ancestor => "an ancestor's executable",
        _ => "executable of it or an ancestor",
    };
}
