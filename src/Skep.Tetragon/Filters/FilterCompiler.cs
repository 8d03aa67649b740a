using Google.Protobuf.Collections;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Cel;

namespace Skep.Tetragon.Filters;

/// <summary>Makes the tests of a filter, the cheap ones first.</summary>
static class FilterCompiler
{
    public static EventTest[] Compile(Filter filter, string member, EventView view)
    {
        var tests = new List<EventTest>();
        if (filter.EventSet.Count > 0) tests.Add(new EventTest.EventSet([.. filter.EventSet]));
        if (filter.Pid.Count > 0) tests.Add(new EventTest.Pid([.. filter.Pid]));
        if (filter.PolicyNames.Count > 0) tests.Add(new EventTest.Policies(new HashSet<string>(filter.PolicyNames, StringComparer.Ordinal)));
        if (filter.InInitTree is { } inInitTree) tests.Add(new EventTest.InInitTree(inInitTree));
        if (filter.Capabilities is { } capabilities)
        {
            Add(tests, capabilities.Permitted, CapabilityKind.Permitted, $"{member}.capabilities.permitted");
            Add(tests, capabilities.Effective, CapabilityKind.Effective, $"{member}.capabilities.effective");
            Add(tests, capabilities.Inheritable, CapabilityKind.Inheritable, $"{member}.capabilities.inheritable");
        }
        if (filter.PidSet.Count > 0) tests.Add(new EventTest.PidSet([.. filter.PidSet]));
        if (filter.Namespace.Count > 0) tests.Add(new EventTest.Namespaces(new HashSet<string>(filter.Namespace, StringComparer.Ordinal), view));
        if (filter.Labels.Count > 0) tests.Add(new EventTest.Labels([.. filter.Labels.Select((text, i) => Selector(text, $"{member}.labels[{i}]"))], view));
        if (Patterns(filter.PodRegex, $"{member}.pod_regex") is { } pods) tests.Add(new EventTest.PodText(pods, view, static (pod, _) => pod.Name));
        if (Patterns(filter.NamespaceRegex, $"{member}.namespace_regex") is { } spaces) tests.Add(new EventTest.PodText(spaces, view, static (pod, _) => pod.Namespace));
        if (Patterns(filter.ContainerNameRegex, $"{member}.container_name_regex") is { } names)
            tests.Add(new EventTest.PodText(names, view, static (_, process) => process.Container!.Name));
        if (Patterns(filter.ContainerId, $"{member}.container_id") is { } ids) tests.Add(new EventTest.ContainerId(ids));
        if (Patterns(filter.BinaryRegex, $"{member}.binary_regex") is { } binaries) tests.Add(new EventTest.Binary(binaries, view));
        if (Patterns(filter.ParentBinaryRegex, $"{member}.parent_binary_regex") is { } parents) tests.Add(new EventTest.ParentBinary(parents, view));
        if (Patterns(filter.ArgumentsRegex, $"{member}.arguments_regex") is { } arguments) tests.Add(new EventTest.Arguments(arguments, view));
        if (Patterns(filter.ParentArgumentsRegex, $"{member}.parent_arguments_regex") is { } parentArguments)
            tests.Add(new EventTest.ParentArguments(parentArguments, view));
        if (Patterns(filter.AncestorBinaryRegex, $"{member}.ancestor_binary_regex") is { } ancestors) tests.Add(new EventTest.AncestorBinary(ancestors, view));
        if (filter.HealthCheck is { } healthCheck) tests.Add(new EventTest.HealthCheck(healthCheck));
        if (filter.CelExpression.Count > 0)
            tests.Add(new EventTest.Expressions([.. filter.CelExpression.Select((text, i) => Expression(text, $"{member}.cel_expression[{i}]"))], view));
        return [.. tests];
    }

    static PatternList? Patterns(RepeatedField<string> expressions, string member) => expressions.Count == 0 ? null : PatternList.Compile(expressions, member);

    static LabelSelector Selector(string text, string member)
    {
        try
        {
            return LabelSelectorParser.Parse(text);
        }
        catch (FilterException error)
        {
            throw new FilterException($"{member}: {error.Message}", error);
        }
    }

    static CelProgram Expression(string text, string member)
    {
        try
        {
            return CelProgram.Compile(text);
        }
        catch (CelException error)
        {
            throw new FilterException($"{member}: {error.Message}", error);
        }
    }

    static void Add(List<EventTest> tests, CapFilterSet? set, CapabilityKind kind, string member)
    {
        if (set is null) return;
        (EventTest.CapabilityMatch Match, IReadOnlyList<CapabilitiesType> Capabilities)[] matches =
        [
            (EventTest.CapabilityMatch.Any, set.Any), (EventTest.CapabilityMatch.All, set.All), (EventTest.CapabilityMatch.Exactly, set.Exactly), (EventTest.CapabilityMatch.None, set.None),
        ];
        var given = matches.Where(m => m.Capabilities.Count > 0).ToArray();
        if (given.Length != 1) throw new FilterException($"{member}: exactly one of any, all, exactly and none is needed");
        ulong mask = 0;
        foreach (var capability in given[0].Capabilities)
        {
            if ((uint)capability >= 64) throw new FilterException($"{member}: {(int)capability} is no capability");
            mask |= 1UL << (int)capability;
        }
        tests.Add(new EventTest.Capabilities(kind, given[0].Match, mask));
    }
}
