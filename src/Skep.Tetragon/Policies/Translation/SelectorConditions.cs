using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>
/// Translates a selector's conditions, all of which have to hold. <c>matchAny</c>, which Tetragon does not have, is a list of groups of
/// conditions (<c>matchArgs</c>, <c>matchData</c>, <c>matchBinaries</c>…), one of which has to hold.
/// </summary>
sealed class SelectorConditions(ListCatalogue lists, DiagnosticBag bag)
{
    /// <summary>The kernel's own numbers for the initial user and pid namespace (include/linux/proc_ns.h).</summary>
    const uint InitialUserNamespace = 0xEFFFFFFD, InitialPidNamespace = 0xEFFFFFFC;

    readonly ArgumentConditions _arguments = new(lists, bag);

    public Condition Translate(SelectorSpec selector, HookValues values)
    {
        var parts = new List<Condition>();
        foreach (var match in selector.Pids ?? [])
        {
            Add(parts, match.Operator, Pids(match));
            // A process of the initial pid namespace meets neither In nor NotIn where pids of other namespaces count.
            if (match.IsNamespacePid) parts.Add(new Not(new NamespaceCondition(NamespaceKind.Pid, [InitialPidNamespace])));
        }
        foreach (var match in selector.Binaries ?? []) Add(parts, match.Operator, Binaries(match, match.FollowChildren ? ProcessRelation.SelfOrAncestor : ProcessRelation.Self));
        foreach (var match in selector.ParentBinaries ?? []) Add(parts, match.Operator, Binaries(match, match.FollowChildren ? ProcessRelation.Ancestor : ProcessRelation.Parent));
        foreach (var match in selector.Namespaces ?? []) Add(parts, match.Operator, Namespaces(match));
        foreach (var match in selector.NamespaceChanges ?? []) Add(parts, match.Operator, NamespaceChanges(match));
        foreach (var match in selector.Capabilities ?? []) parts.AddRange(Capabilities(match, (set, mask, other) => new CapabilityCondition(set, mask, other)));
        foreach (var match in selector.CapabilityChanges ?? []) parts.AddRange(Capabilities(match, (set, mask, other) => new CapabilityChangeCondition(set, mask, other)));
        if (selector.Workloads is { } workloads && WorkloadScope.Of(workloads, "", isNamespaced: false) is { } workload) parts.Add(new WorkloadCondition(workload));
        foreach (var match in selector.Arguments ?? []) AddValue(parts, match, values, inData: false);
        foreach (var match in selector.Data ?? []) AddValue(parts, match, values, inData: true);
        foreach (var match in selector.CommandArguments ?? [])
        {
            var place = values.CommandArgument((int)(match.Index?.Value ?? 0));
            if (_arguments.Translate(match, place, values.Specs[place], values.TypeOf(place)) is { } condition) parts.Add(condition);
        }
        if (selector.Expression?.Text is { } text && new CelTranslator(bag).TranslateByPlace(text, values) is { } computed) parts.Add(computed);
        if (selector.Any is { Count: > 0 } groups) parts.Add(new Any([.. groups.Select(g => Translate(g, values))]));
        return All(parts);
    }

    /// <summary>Null when it does not look at what is returned.</summary>
    public Condition? TranslateReturned(SelectorSpec selector, HookValues values)
    {
        if (selector.ReturnArguments is not { Count: > 0 } matches) return null;
        var parts = new List<Condition>();
        foreach (var match in matches)
        {
            var place = values.Returned(match);
            if (place >= 0 && _arguments.Translate(match, place, values.Specs[place], values.TypeOf(place)) is { } condition) parts.Add(condition);
        }
        return All(parts);
    }

    static Condition All(List<Condition> parts) => parts.Count switch
    {
        0 => Condition.True,
        1 => parts[0],
        _ => new All(parts),
    };

    static bool IsNegated(Located<string>? comparison) => comparison is { } word && word.Value.StartsWith("Not", StringComparison.Ordinal);

    static void Add(List<Condition> parts, Located<string>? comparison, Condition? condition)
    {
        if (condition is null) return;
        parts.Add(IsNegated(comparison) ? new Not(condition) : condition);
    }

    void AddValue(List<Condition> parts, ArgumentMatch match, HookValues values, bool inData)
    {
        if (match.Operator is { Value: "CapabilitiesGained" })
        {
            if (values.Pair(match, inData) is not { } pair) return;
            var gained = _arguments.TranslateGained(match, pair.New, values.Specs[pair.New], values.TypeOf(pair.New), pair.Old, values.Specs[pair.Old], values.TypeOf(pair.Old));
            if (gained is not null) parts.Add(gained);
            return;
        }
        if (match.Operator is { Value: "CelExpr" } expression)
        {
            if (new CelTranslator(bag).Translate(match, expression.At, values) is { } computed) parts.Add(computed);
            return;
        }
        var place = inData ? values.Data(match) : values.Argument(match);
        if (place >= 0 && _arguments.Translate(match, place, values.Specs[place], values.TypeOf(place)) is { } condition) parts.Add(condition);
    }

    bool HasValues<T>(Position at, [NotNullWhen(true)] IReadOnlyList<T>? values)
    {
        if (values is null) return false;
        bag.Spend(at, 1 + values.Count);
        if (values.Count > 0) return true;
        bag.Error(at, "values: at least one is needed");
        return false;
    }

    PidCondition? Pids(PidMatch match) =>
        HasValues(match.At, match.Values) ? new([.. match.Values.Select(v => (uint)v.Value)], match.IsNamespacePid, match.FollowForks) : null;

    ExecutableCondition? Binaries(BinaryMatch match, ProcessRelation relation)
    {
        if (match.Operator is not { } word || !HasValues(match.At, match.Values)) return null;
        var comparison = word.Value switch
        {
            "Prefix" or "NotPrefix" => TextOperator.Prefix,
            "Postfix" or "NotPostfix" => TextOperator.Suffix,
            "Regex" or "NotRegex" => TextOperator.Regex,
            "Glob" or "NotGlob" => TextOperator.Glob,
            _ => TextOperator.Equal,
        };
        return new([.. match.Values.Select(v => ArgumentConditions.Pattern(comparison, v, bag))], relation);
    }

    NamespaceCondition? Namespaces(NamespaceMatch match)
    {
        if (match.Namespace is not { } name || !HasValues(match.At, match.Values)) return null;
        var kind = (NamespaceKind)Array.IndexOf(Vocabulary.Namespaces, name.Value);
        var inodes = new List<uint>();
        foreach (var value in match.Values)
        {
            if (value.Value == "host_ns")
            {
                if (lists.Options.HostNamespace(kind) is { } host) inodes.Add(host);
                else bag.Error(value.At, $"values: the host's {name.Value} namespace is not known: /proc/1/ns cannot be read, or this kernel has none of the kind");
            }
            else if (uint.TryParse(value.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var inode)) inodes.Add(inode);
            else bag.Error(value.At, $"values: {Spelling.Quote(value.Value)} is no inode of a namespace nor host_ns");
        }
        return new(kind, inodes);
    }

    NamespaceChangeCondition? NamespaceChanges(NamespaceMatch match)
    {
        if (!HasValues(match.At, match.Values)) return null;
        var kinds = new List<NamespaceKind>();
        foreach (var value in match.Values)
        {
            var kind = Array.FindIndex(Vocabulary.Namespaces, n => n.Equals(value.Value, StringComparison.OrdinalIgnoreCase));
            if (kind >= 0) kinds.Add((NamespaceKind)kind);
            else bag.Error(value.At, $"values: {Fields.NotOneOf(value.Value, Vocabulary.Namespaces)}");
        }
        return new(kinds);
    }

    // A process in the initial user namespace meets neither In nor NotIn where only capabilities of other namespaces count.
    IEnumerable<Condition> Capabilities(CapabilityMatch match, Func<CapabilityKind, ulong, bool, Condition> create)
    {
        if (!HasValues(match.At, match.Values)) yield break;
        var mask = 0UL;
        foreach (var value in match.Values)
        {
            if (ArgumentConditions.TryParseCapabilities(value.Value, out var bits)) mask |= bits;
            else bag.Error(value.At, $"values: {ArgumentConditions.NotCapabilities(value.Value)}");
        }
        var set = match.Type?.Value switch
        {
            "Inheritable" => CapabilityKind.Inheritable,
            "Permitted" => CapabilityKind.Permitted,
            _ => CapabilityKind.Effective,
        };
        if (!IsNegated(match.Operator))
        {
            yield return create(set, mask, match.IsNamespaceCapability);
            yield break;
        }
        yield return new Not(create(set, mask, false));
        if (match.IsNamespaceCapability) yield return new Not(new NamespaceCondition(NamespaceKind.User, [InitialUserNamespace]));
    }
}
