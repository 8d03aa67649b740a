using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>One policy's request as a part of a hook's program.</summary>
public sealed class PlannedRequest
{
    internal PlannedRequest(int policyIndex, Policy policy, HookRequest request, int[] values, int firstRule, bool posts, bool acts) =>
        (PolicyIndex, Policy, Request, Values, FirstRule, Posts, Acts) = (policyIndex, policy, request, values, firstRule, posts, acts);

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

    /// <summary>At a hook of many system calls, the request of each by its number; null elsewhere.</summary>
    public IReadOnlyDictionary<int, HookRequest>? Members { get; internal init; }

    /// <summary>Number of rules: a request without any has one that matches always.</summary>
    public int RuleCount => Math.Max(Request.Rules.Count, 1);

    /// <summary>A rule by its number within the request.</summary>
    public Rule RuleAt(int index) => Request.Rules.Count == 0 ? s_post : Request.Rules[index];

    static readonly Rule s_post = new();
}
