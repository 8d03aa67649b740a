using Skep.Bpf;
using Skep.Tetragon.Api;

namespace Skep.Agent.Health;

/// <summary>What this kernel gives to policies. <c>skep doctor</c> knows more, this is what users notice.</summary>
static class KernelAbilities
{
    /// <summary>Finds out; the first time some programs are attached for a moment.</summary>
    public static IReadOnlyList<AbilityStatus> Find() =>
    [
        Choose("kernel functions", (AttachFeature.Fentry, ""), (AttachFeature.Kprobe, "by kprobes, which cost more")),
        Choose("lists of functions", (AttachFeature.KprobeMulti, ""), (AttachFeature.Fentry, "a program for each function"), (AttachFeature.Kprobe, "a program for each function")),
        Deny(),
        Choose("LSM hooks", (AttachFeature.Lsm, "")),
        Choose("functions of programs", (AttachFeature.UprobeMulti, ""), (AttachFeature.Uprobe, "a program for each place")),
    ];

    /// <summary>Where nothing can be denied, a policy can kill.</summary>
    static AbilityStatus Deny()
    {
        var ability = Choose("deny (Override)", (AttachFeature.ModifyReturn, ""), (AttachFeature.Lsm, "at LSM hooks alone"));
        return ability.State == AbilityState.Off ? ability with { State = AbilityState.Degraded, Reason = $"policies can kill (Sigkill) instead: {ability.Reason}" } : ability;
    }

    /// <summary>The first way that there is; each but the first says how it differs.</summary>
    static AbilityStatus Choose(string name, params ReadOnlySpan<(AttachFeature Feature, string Difference)> ways)
    {
        var best = Features.Attach(ways[0].Feature);
        if (best.IsPresent) return new AbilityStatus(name, AbilityState.On);
        foreach (var (feature, difference) in ways[1..])
        {
            if (Features.Attach(feature).IsPresent) return new AbilityStatus(name, AbilityState.Degraded, $"{difference}: {best.Reason}");
        }
        return new AbilityStatus(name, AbilityState.Off, best.Reason);
    }
}
