namespace Skep.Engine.Runtime;

/// <summary>What the programs at a hook cost. The kernel measures time only while <see cref="Bpf.RuntimeStatistics"/> is enabled.</summary>
/// <param name="Hook">The hook, or the name of a program of the process sensor.</param>
/// <param name="Runs">Measured runs.</param>
/// <param name="RunTime">Time that they took.</param>
/// <param name="Missed">Runs that the kernel left out; see <see cref="HookStatistics.Missed"/>.</param>
public sealed record ProgramCost(string Hook, long Runs, TimeSpan RunTime, long Missed)
{
    internal static IEnumerable<ProgramCost> Of(IReadOnlyDictionary<string, HookGate> gates) => gates
        .Select(gate => (Hook: gate.Value.Hook is HookStatistics.Sensor or HookStatistics.FormerAgent ? gate.Key : gate.Value.Hook, Info: gate.Value.GetInfo(), gate.Value.Missed))
        .GroupBy(gate => gate.Hook, StringComparer.Ordinal)
        .Select(gates => new ProgramCost(gates.Key, gates.Sum(g => (long)g.Info.RunCount), new TimeSpan(gates.Sum(g => g.Info.RunTime.Ticks)), gates.Sum(g => g.Missed)))
        .OrderBy(cost => cost.Hook, StringComparer.Ordinal);
}
