using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>Translates the selectors of pods, containers and the host.</summary>
static class WorkloadScope
{
    /// <summary>Null when every process is meant.</summary>
    public static Workload? Of(WorkloadSpec spec, string ns, bool isNamespaced)
    {
        var restricts = spec.Pods is not null || spec.Containers is not null;
        if (isNamespaced) return new(ns, spec.Pods?.Selector, spec.Containers?.Selector, false);
        if (!restricts && spec.Host is null) return null;
        if (!restricts) return new("", LabelSelector.Nothing, null, true);
        if (spec.Host is not null && IsAll(spec.Pods) && IsAll(spec.Containers)) return null;
        return new("", spec.Pods?.Selector, spec.Containers?.Selector, spec.Host is not null);
    }

    static bool IsAll(LabelSelectorSpec? selector) => selector is null or { Selector.Terms.Count: 0 };
}
