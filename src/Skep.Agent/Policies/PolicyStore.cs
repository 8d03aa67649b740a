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

    /// <summary>The number of the next one.</summary>
    public long NextId { get; init; } = 1;

    /// <summary>Those that are to be loaded.</summary>
    public IReadOnlyList<Policy> Wanted => [.. Policies.Where(p => p.IsEnabled).Select(p => p.Wanted)];

    public StoredPolicy? Find(string name, string @namespace, string domain) => Policies.FirstOrDefault(p => p.Is(name, @namespace, domain));

    /// <summary>Replaces the policies of files; one that stays keeps its number, and the mode that was chosen for it unless its own has changed.</summary>
    public PolicyStore WithStatic(IEnumerable<Policy> policies)
    {
        var store = this with { Policies = [.. Policies.Where(p => p.Domain != StaticDomain)] };
        foreach (var policy in policies)
        {
            var before = Find(policy.Name, policy.Namespace, StaticDomain);
            var stored = before is null ? new StoredPolicy(policy, StaticDomain, store.NextId) : before with { Policy = policy, Mode = before.Policy.Mode == policy.Mode ? before.Mode : null, Error = "" };
            store = store with { Policies = [.. store.Policies, stored], NextId = Math.Max(store.NextId, stored.Id + 1) };
        }
        return store with { Policies = [.. store.Policies.OrderBy(p => p.Id)] };
    }

    /// <summary>Adds a client's policy.</summary>
    public PolicyStore With(Policy policy, string domain, string text) =>
        this with { Policies = [.. Policies, new StoredPolicy(policy, domain, NextId) { Text = text }], NextId = NextId + 1 };

    public PolicyStore Without(StoredPolicy policy) => this with { Policies = [.. Policies.Where(p => p.Id != policy.Id)] };

    public PolicyStore Replace(StoredPolicy policy) => this with { Policies = [.. Policies.Select(p => p.Id == policy.Id ? policy : p)] };
}
