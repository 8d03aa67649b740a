using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Lowering;

/// <summary>The fields that a rule reads.</summary>
static class UsedFields
{
    /// <summary>Those of its condition and its output.</summary>
    public static IEnumerable<FieldReference> Of(FalcoRule rule) =>
        In(rule.Condition).Concat(rule.Window?.By ?? []).Concat(rule.Output.FieldNames.Select(name => ConditionParser.ParseOperandOrNull(name)).OfType<ValueNode>().SelectMany(In));

    /// <summary>How many different checks a condition has.</summary>
    public static int CountChecks(ConditionNode node) => Checks(node).Select(check => check.ToString()).Distinct(StringComparer.Ordinal).Count();

    static IEnumerable<ConditionNode> Checks(ConditionNode node) => node switch
    {
        ConditionNode.And and => and.Parts.SelectMany(Checks),
        ConditionNode.Or or => or.Parts.SelectMany(Checks),
        ConditionNode.Not not => Checks(not.Inner),
        _ => [node],
    };

    static IEnumerable<FieldReference> In(ConditionNode node) => node switch
    {
        ConditionNode.And and => and.Parts.SelectMany(In),
        ConditionNode.Or or => or.Parts.SelectMany(In),
        ConditionNode.Not not => In(not.Inner),
        ConditionNode.Exists exists => In(exists.Left),
        ConditionNode.Check check => In(check.Left).Concat(In(check.Right)),
        _ => [],
    };

    static IEnumerable<FieldReference> In(ValueNode node) => node switch
    {
        ValueNode.Field field => FieldCatalogue.Find(field.Name, field.Argument, out _) is { } found ? [found] : [],
        ValueNode.Transformed transformed => transformed.Arguments.SelectMany(In),
        _ => [],
    };
}
