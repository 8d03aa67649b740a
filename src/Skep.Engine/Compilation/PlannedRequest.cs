using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>One policy's request as a part of a hook's program.</summary>
public sealed class PlannedRequest
{
    readonly IReadOnlyList<Rule> _rules;

    internal PlannedRequest(int policyIndex, Policy policy, int number, HookRequest request, int[] values, int firstRule, bool posts, bool acts)
    {
        (PolicyIndex, Policy, Number, Request, Values, FirstRule, Posts, Acts) = (policyIndex, policy, number, request, values, firstRule, posts, acts);
        _rules = request.Enforces ? [] : request.Rules.Count == 0 ? [new Rule()] : request.Rules;
        IsExact = _rules.Any(rule => PolicyCheck.KernelActionOf(rule) is not null);
        if (policy.Scope is not { } scope) return;
        var isMeant = new WorkloadCondition(scope);
        _rules = [.. _rules.Select(rule => rule with { When = new All([isMeant, rule.When]) })];
    }

    /// <summary>Place of the policy's mode in the kernel's table.</summary>
    public int PolicyIndex { get; }

    /// <summary>The policy.</summary>
    public Policy Policy { get; }

    /// <summary>Place of the request among the policy's own.</summary>
    public int Number { get; }

    /// <summary>The request.</summary>
    public HookRequest Request { get; }

    /// <summary>For each of the request's values its place in the record's table, or -1 for one that is not captured.</summary>
    public IReadOnlyList<int> Values { get; }

    /// <summary>Number of its first rule in the program.</summary>
    public int FirstRule { get; }

    /// <summary>Whether this program sends events for it; false in an entry program whose event is sent at the return.</summary>
    public bool Posts { get; }

    /// <summary>Whether this program sends signals and returns errors for it; false in a return program whose actions were taken at the entry.</summary>
    public bool Acts { get; }

    /// <summary>Whether something is done in the kernel: a rule then matches only processes of which it is certain that it is about them.</summary>
    public bool IsExact { get; }

    /// <summary>What is true of processes in a container that has just been made; null when the request is not about some workloads only.</summary>
    public string? NewContainers => !_rules.Any(rule => rule.IsAboutWorkloads) ? null
        : IsExact ? "nothing is done to their processes until the runtime has told what they are, which may be after the first program began"
        : "events of their processes wait until the runtime has told what they are, two seconds at most";

    /// <summary>At a hook of many, the request of each system call by its number, or of each function by its place; null elsewhere.</summary>
    public IReadOnlyDictionary<int, HookRequest>? Members { get; internal init; }

    /// <summary>Place of its first rule in the kernel's table of rules' counters; -1 for a member of a family, whose matches are told apart in user space.</summary>
    public int FirstCounter { get; internal set; } = -1;

    /// <summary>By what the policy is known when its enforcer is notified.</summary>
    internal ulong NoticeName => StableHash.Of($"{Policy.Namespace}/{Policy.Name}");

    /// <summary>Number of rules: a request without any has one that matches always, unless it enforces what others decide.</summary>
    public int RuleCount => _rules.Count;

    /// <summary>A rule by its number within the request, restricted to the processes that the policy is about.</summary>
    public Rule RuleAt(int index) => _rules[index];

    /// <summary>Names a rule by what stays when policies are loaded again, whatever else is loaded.</summary>
    /// <param name="section">The hook.</param>
    /// <param name="index">Number of the rule within the request.</param>
    internal RuleName NameOf(string section, int index) => new(Policy.Namespace, Policy.Name, section, Number, index);
}
