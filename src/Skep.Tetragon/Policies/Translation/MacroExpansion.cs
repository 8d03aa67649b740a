using Skep.Tetragon.Policies.Model;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>Merges the macros that a selector names into it: each field may come from one place only.</summary>
sealed class MacroExpansion(IReadOnlyList<(Located<string> Name, SelectorSpec Selector)> macros, DiagnosticBag bag)
{
    readonly Dictionary<string, SelectorSpec> _macros = macros.ToDictionary(m => m.Name.Value, m => m.Selector, StringComparer.Ordinal);

    public SelectorSpec Expand(SelectorSpec selector)
    {
        foreach (var name in selector.Macros ?? [])
        {
            if (!_macros.TryGetValue(name.Value, out var found)) bag.Error(name.At, $"macros: there is no macro {Spelling.Quote(name.Value)}{Spelling.Hint(name.Value, _macros.Keys.Take(100))}");
            else if (found.Macros is { Count: > 0 } nested) bag.Error(nested[0].At, "macros: a macro cannot name others");
            else selector = Merge(selector, found, name);
        }
        return selector;
    }

    SelectorSpec Merge(SelectorSpec a, SelectorSpec b, Located<string> name)
    {
        return a with
        {
            Label = a.Label ?? b.Label,
            Expression = One(a.Expression, b.Expression, "matchCel"),
            Pids = One(a.Pids, b.Pids, "matchPIDs"),
            Arguments = One(a.Arguments, b.Arguments, "matchArgs"),
            Data = One(a.Data, b.Data, "matchData"),
            ReturnArguments = One(a.ReturnArguments, b.ReturnArguments, "matchReturnArgs"),
            CommandArguments = One(a.CommandArguments, b.CommandArguments, "matchCmdArgs"),
            Binaries = One(a.Binaries, b.Binaries, "matchBinaries"),
            ParentBinaries = One(a.ParentBinaries, b.ParentBinaries, "matchParentBinaries"),
            Namespaces = One(a.Namespaces, b.Namespaces, "matchNamespaces"),
            NamespaceChanges = One(a.NamespaceChanges, b.NamespaceChanges, "matchNamespaceChanges"),
            Capabilities = One(a.Capabilities, b.Capabilities, "matchCapabilities"),
            CapabilityChanges = One(a.CapabilityChanges, b.CapabilityChanges, "matchCapabilityChanges"),
            Workloads = One(a.Workloads, b.Workloads, "matchWorkloads"),
            Any = One(a.Any, b.Any, "matchAny"),
            Actions = One(a.Actions, b.Actions, "matchActions"),
            ReturnActions = One(a.ReturnActions, b.ReturnActions, "matchReturnActions"),
        };

        T? One<T>(T? own, T? other, string field) where T : class
        {
            if (own is not null && other is not null) bag.Error(name.At, $"macros: {Spelling.Quote(name.Value)} has {field}, which the selector has already");
            return own ?? other;
        }
    }
}
