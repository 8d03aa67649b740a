namespace Skep.Tetragon.Policies.Model;

/// <summary>The three selectors that say which processes are meant. An empty selector takes all of its kind, an absent one none, unless all are absent.</summary>
sealed record WorkloadSpec(LabelSelectorSpec? Pods, LabelSelectorSpec? Containers, LabelSelectorSpec? Host)
{
    public static WorkloadSpec Everything { get; } = new(null, null, null);
}
