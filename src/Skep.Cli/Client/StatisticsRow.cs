using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>Accounts as <c>skep policy stats -o json</c> prints them.</summary>
sealed record StatisticsReport(IReadOnlyList<PolicyAccount> Policies, IReadOnlyList<HookAccount> Hooks, IReadOnlyList<ProgramAccount> Programs, ulong Received, ulong Malformed, ulong Orphaned)
{
    public static StatisticsReport From(GetPolicyStatisticsResponse response) => new(
        [.. response.Policies.Select(PolicyAccount.From)],
        [.. response.Hooks.Select(h => new HookAccount(h.Hook, h.Runs, h.Sent, h.RateLimited, h.LostRing, h.LostSlot, h.LostProcess, h.LostCall, h.Missed))],
        [.. response.Programs.Select(p => new ProgramAccount(p.Program, p.Runs, (ulong)p.RunTime.ToTimeSpan().TotalNanoseconds, p.Missed))],
        response.Received, response.Malformed, response.Orphaned);
}

/// <summary>What a policy did and costs.</summary>
sealed record PolicyAccount(string Name, string? Namespace, string Domain, string State, string Mode, ulong Events, ulong KernelMemoryBytes, IReadOnlyList<RuleAccount> Rules)
{
    public static PolicyAccount From(PolicyStatistics policy) => new(
        policy.Name, policy.Namespace.Length > 0 ? policy.Namespace : null, policy.Domain, PolicyRow.StateOf(policy.State), PolicyRow.ModeOf(policy.Mode), policy.Events, policy.KernelMemoryBytes,
        [.. policy.Rules.Select(RuleAccount.From)]);
}

/// <summary>What a rule did at a hook.</summary>
sealed record RuleAccount(string Hook, uint HookIndex, uint RuleIndex, string? Label, ulong Matched, ulong Sent, ulong Filtered, ulong RateLimited, ulong NotPosted,
    ulong Signalled, ulong WouldSignal, ulong Overridden, ulong WouldOverride)
{
    public static RuleAccount From(PolicyRuleStatistics rule) => new(rule.Hook, rule.HookIndex, rule.RuleIndex, rule.Label.Length > 0 ? rule.Label : null, rule.Matched, rule.Sent, rule.Filtered,
        rule.RateLimited, rule.NotPosted, rule.Signalled, rule.WouldSignal, rule.Overridden, rule.WouldOverride);

    /// <summary>What was done, for people.</summary>
    public string Actions => string.Join(", ", new[] { (Signalled, "signalled"), (Overridden, "denied"), (WouldSignal, "would signal"), (WouldOverride, "would deny") }
        .Where(action => action.Item1 > 0).Select(action => $"{action.Item1} {action.Item2}"));
}

/// <summary>What the programs at a hook did for all policies together.</summary>
sealed record HookAccount(string Hook, ulong Runs, ulong Sent, ulong RateLimited, ulong LostRing, ulong LostSlot, ulong LostProcess, ulong LostCall, ulong Missed)
{
    public ulong Lost => LostRing + LostSlot + LostProcess + LostCall + Missed;
}

/// <summary>What a program costs.</summary>
sealed record ProgramAccount(string Program, ulong Runs, ulong RunTimeNs, ulong Missed);
