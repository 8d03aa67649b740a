using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>
/// Shares out the kernel memory that exists because of policies: programs (instructions and machine code, in pages), and tables by the programs that use them. Each is
/// divided among the policies at its hooks in proportion to their rules there. What the engine has without any policy belongs to none.
/// </summary>
static class PolicyMemory
{
    /// <summary>Bytes by place of the policy in the plan.</summary>
    /// <param name="plan">What is loaded.</param>
    /// <param name="programs">The programs.</param>
    /// <param name="maps">The maps.</param>
    /// <param name="tables">Names of the maps that were made for the policies.</param>
    public static long[] Of(GenerationPlan plan, IReadOnlyDictionary<string, BpfProgram> programs, IReadOnlyDictionary<string, BpfMap> maps, IReadOnlyCollection<string> tables)
    {
        var shares = new double[plan.Policies.Count];
        var hooks = plan.Hooks.Select(hook => (Hook: hook, Info: programs[hook.LoadedName].GetInfo())).ToList();
        // What decides for the process sensor is a part of it.
        foreach (var (hook, info) in hooks.Where(h => h.Hook.LoadedName == h.Hook.ProgramName)) Share(shares, PagesOf(info) + (hook.EntrySection is null ? 0 : PagesOf(programs[hook.EntryProgramName].GetInfo())), hook.Requests.Select(r => (r.PolicyIndex, Math.Max(r.RuleCount, 1))));
        foreach (var table in tables)
        {
            var info = maps[table].GetInfo();
            var users = hooks.Where(h => h.Info.MapIds.Contains(info.Id)).SelectMany(h => h.Hook.Requests).Select(r => (r.PolicyIndex, Math.Max(r.RuleCount, 1))).ToList();
            // Run at executions, for policies that ask about executables.
            if (users.Count == 0) users = [.. plan.Hooks.SelectMany(h => h.Requests).Select(r => (r.PolicyIndex, Enumerable.Range(0, r.RuleCount).Count(i => PatternLimits.AtomsOf(r.RuleAt(i)).Any(a => a is ExecutableCondition))))];
            Share(shares, info.MemoryBytes ?? 0, users);
        }
        return [.. shares.Select(share => (long)Math.Round(share))];
    }

    static void Share(double[] shares, long bytes, IEnumerable<(int Policy, int Rules)> users)
    {
        var all = users.ToList();
        var rules = all.Sum(u => u.Rules);
        foreach (var (policy, count) in all) shares[policy] += rules == 0 ? 0 : (double)bytes * count / rules;
    }

    static long PagesOf(ProgramInfo info) => Pages(info.XlatedLength) + Pages(info.JitedLength);

    static long Pages(uint bytes) => (bytes + Environment.SystemPageSize - 1L) / Environment.SystemPageSize * Environment.SystemPageSize;
}
