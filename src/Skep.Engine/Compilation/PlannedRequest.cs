using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>One policy's request as a part of a hook's program.</summary>
public sealed class PlannedRequest
{
    readonly IReadOnlyList<Rule> _rules;

    internal PlannedRequest(int policyIndex, Policy policy, HookRequest request, int[] values, int firstRule, bool posts, bool acts)
    {
        (PolicyIndex, Policy, Request, Values, FirstRule, Posts, Acts) = (policyIndex, policy, request, values, firstRule, posts, acts);
        _rules = request.Rules.Count == 0 ? [new Rule()] : request.Rules;
        if (policy.Scope is not { } scope) return;
        var isMeant = new WorkloadCondition(scope);
        _rules = [.. _rules.Select(rule => rule with { When = new All([isMeant, rule.When]) })];
    }

    /// <summary>Place of the policy's mode in the kernel's table.</summary>
    public int PolicyIndex { get; }

    /// <summary>The policy.</summary>
    public Policy Policy { get; }

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

    /// <summary>At a hook of many, the request of each system call by its number, or of each function by its place; null elsewhere.</summary>
    public IReadOnlyDictionary<int, HookRequest>? Members { get; internal init; }

    /// <summary>Number of rules: a request without any has one that matches always.</summary>
    public int RuleCount => _rules.Count;

    /// <summary>A rule by its number within the request, restricted to the processes that the policy is about.</summary>
    public Rule RuleAt(int index) => _rules[index];
}
