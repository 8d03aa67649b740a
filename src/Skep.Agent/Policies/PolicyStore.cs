using Skep.Engine.Rules;

namespace Skep.Agent.Policies;

/// <summary>
/// The policies that files and clients want in force, by domain, namespace and name. It knows nothing of the kernel: who changes it puts
/// <see cref="Wanted"/> in force and keeps the change only when that succeeds. A value: each change makes another one.
/// </summary>
sealed record PolicyStore
{
    /// <summary>Policies from files.</summary>
    public const string StaticDomain = "static";

    /// <summary>Policies of clients that name no domain.</summary>
    public const string ClientDomain = "grpc";

    /// <summary>All of them, in the order in which they came.</summary>
    public IReadOnlyList<StoredPolicy> Policies { get; init; } = [];

    /// <summary>What clients chose for policies of files before the agent was started; it holds once those are read.</summary>
    public IReadOnlyList<KeptPolicy> Remembered { get; init; } = [];

    /// <summary>The number of the next one.</summary>
    public long NextId { get; init; } = 1;

    /// <summary>Those that are to be loaded.</summary>
    public IReadOnlyList<Policy> Wanted => [.. Policies.Where(p => p.IsEnabled && !p.IsLeftOut).Select(p => p.Wanted)];

    public StoredPolicy? Find(string name, string @namespace, string domain) => Policies.FirstOrDefault(p => p.Is(name, @namespace, domain));

    /// <summary>
    /// Replaces the policies of files; one that stays keeps its number, and the mode that was chosen for it unless its own has changed. A client's
    /// policy of the same name is left out: files are what the machine's owner wants in any case.
    /// </summary>
    public PolicyStore WithStatic(IEnumerable<Policy> policies)
    {
        var store = this with { Policies = [.. Policies.Where(p => p.Domain != StaticDomain).Select(p => p with { IsLeftOut = false, Error = "" })], Remembered = [] };
        foreach (var policy in policies)
        {
            var before = Find(policy.Name, policy.Namespace, StaticDomain);
            var stored = before is null ? Recall(new StoredPolicy(policy, StaticDomain, store.NextId)) : before with { Policy = policy, Mode = before.Policy.Mode == policy.Mode ? before.Mode : null, Error = "" };
            store = store with { Policies = [.. store.Policies, stored], NextId = Math.Max(store.NextId, stored.Id + 1) };
            if (store.Policies.FirstOrDefault(p => p.Domain != StaticDomain && p.Is(policy.Name, policy.Namespace, "")) is { } other)
            {
                store = store.Replace(other with { IsLeftOut = true, Error = "a file has a policy of this name" });
            }
        }
        return store with { Policies = [.. store.Policies.OrderBy(p => p.Id)] };
    }

    StoredPolicy Recall(StoredPolicy policy)
    {
        var kept = Remembered.FirstOrDefault(k => k.Name == policy.Policy.Name && k.Namespace == policy.Policy.Namespace);
        return kept is null ? policy : policy with { IsEnabled = kept.IsEnabled, Mode = kept.OwnMode == policy.Policy.Mode ? kept.Mode : null };
    }

    /// <summary>Leaves a client's policy out, whatever it is enabled for.</summary>
    public PolicyStore LeavingOut(IEnumerable<StoredPolicy> policies)
    {
        var store = this;
        foreach (var policy in policies) store = store.Replace(policy with { IsLeftOut = true });
        return store;
    }

    /// <summary>Adds a client's policy.</summary>
    public PolicyStore With(Policy policy, string domain, string text) =>
        this with { Policies = [.. Policies, new StoredPolicy(policy, domain, NextId) { Text = text }], NextId = NextId + 1 };

    public PolicyStore Without(StoredPolicy policy) => this with { Policies = [.. Policies.Where(p => p.Id != policy.Id)] };

    public PolicyStore Replace(StoredPolicy policy) => this with { Policies = [.. Policies.Select(p => p.Id == policy.Id ? policy : p)] };
}
