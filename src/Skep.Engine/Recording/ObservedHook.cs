using Skep.Engine.Compilation;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;

namespace Skep.Engine.Recording;

/// <summary>What of a hook's events a recording holds: a hook that no policy asks for leaves none.</summary>
public sealed record ObservedHook
{
    const int MostPolicies = 4;

    /// <summary>The hook: <c>syscall:openat</c>.</summary>
    public required string Hook { get; init; }

    /// <summary>Whether each event is recorded; else those alone that a rule asks for.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Policies that ask for it, the first few.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>How many policies there are.</summary>
    public int PolicyCount { get; init; }

    /// <summary>What policies observe.</summary>
    public static IReadOnlyList<ObservedHook> Of(IEnumerable<PolicyState> policies)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var loaded = policies.Where(p => p.Mode != PolicyMode.Disabled).Select(p => p.Policy).ToList();
        var observed = loaded.SelectMany(policy => policy.Hooks.Select(request => (Policy: policy, Request: request)))
            .GroupBy(o => o.Request.Target.ToString()!, StringComparer.Ordinal)
            .Select(group => new ObservedHook
            {
                Hook = group.Key,
                IsComplete = group.Any(o => TakesAll(o.Policy, o.Request)),
                Policies = [.. group.Select(o => o.Policy.Name).Distinct(StringComparer.Ordinal).Take(MostPolicies)],
                PolicyCount = group.Select(o => (o.Policy.Namespace, o.Policy.Name)).Distinct().Count(),
            }).ToList();
        // Where no policy chooses among them, all are events.
        var filters = loaded.Aggregate(EventFilters.None, (all, policy) => all | GenerationPlan.FiltersOf(policy));
        if ((filters & EventFilters.Executions) == 0) observed.Add(new ObservedHook { Hook = new ExecutionHook().ToString(), IsComplete = true });
        if (filters == EventFilters.None) observed.Add(new ObservedHook { Hook = new ExitHook().ToString(), IsComplete = true });
        else if ((filters & EventFilters.Exits) == 0) observed.Add(new ObservedHook { Hook = new ExitHook().ToString() });
        return observed;
    }

    /// <summary>Whether every event of a hook is sent: the rules up to one that always matches all post, without a limit.</summary>
    static bool TakesAll(Policy policy, HookRequest request)
    {
        if (policy.Scope is not null) return false;
        if (request.Rules.Count == 0) return true;
        foreach (var rule in request.Rules)
        {
            if (rule.WhenReturned is not null || rule.Actions.Concat(rule.ReturnActions).Any(a => a is NoPostAction or PostAction { RateLimit: not null })) return false;
            if (rule.When is All { Parts.Count: 0 }) return true;
        }
        return false;
    }
}
