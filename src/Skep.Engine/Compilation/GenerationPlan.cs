using System.Globalization;
using System.Text;
using Skep.Bpf;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>Which programs a set of policies needs: hooks resolved, requests of all policies on the same hook put together.</summary>
public sealed class GenerationPlan
{
    /// <summary>From so many system calls on that a policy treats alike, one program serves them all.</summary>
    const int ManySyscalls = 16;

    /// <summary>From so many functions on that a policy treats alike, one link serves them all; fewer are cheaper by trampolines.</summary>
    const int ManyFunctions = 4;

    /// <summary>Programs at one hook share a record's table of this size.</summary>
    const int TableCapacity = 16;

    readonly List<HookPlan> _hooks = [];
    readonly List<PolicyFailure> _failures = [];
    readonly List<Policy> _policies = [];

    /// <summary>What the kernel cannot decide of the policies.</summary>
    internal PatternLimits Limits { get; } = new();

    /// <summary>The programs.</summary>
    public IReadOnlyList<HookPlan> Hooks => _hooks;

    /// <summary>The policies that are in force; a policy's place here is the place of its mode in the kernel's table.</summary>
    public IReadOnlyList<Policy> Policies => _policies;

    /// <summary>What cannot be had.</summary>
    public IReadOnlyList<PolicyFailure> Failures => _failures;

    /// <summary>Rules that the kernel counts.</summary>
    internal int CounterCount { get; private set; }

    /// <summary>Whether any policy tracks sockets.</summary>
    internal bool TracksSockets => _policies.Any(p => p.Hooks.Any(h => h.Rules.Any(r => r.Actions.Concat(r.ReturnActions).Any(a => a is TrackSocketAction))));

    /// <summary>Which events policies choose.</summary>
    internal EventFilters Filters => _policies.Aggregate(EventFilters.None, (filters, policy) => filters | FiltersOf(policy));

    /// <summary>Which events a policy chooses.</summary>
    internal static EventFilters FiltersOf(Policy policy) =>
        (policy.Hooks.Any(h => h.Target is ExecutionHook) ? EventFilters.Executions : 0) | (policy.Hooks.Any(h => h.Target is ExitHook) ? EventFilters.Exits : 0);

    /// <summary>A number for what records of these programs mean: of plans that have the same one, each understands the other's records.</summary>
    internal ulong Fingerprint
    {
        get
        {
            var text = new StringBuilder();
            foreach (var hook in _hooks)
            {
                text.AppendLine(hook.Hook.Section).AppendJoin('\n', hook.Values).AppendLine();
                foreach (var request in hook.Requests)
                {
                    text.AppendLine(CultureInfo.InvariantCulture, $"{request.FirstRule} {request.Posts} {request.Request.Enforces} {request.Policy.Namespace}/{request.Policy.Name} {string.Join(',', request.Values)}");
                    foreach (var (number, member) in request.Members ?? new Dictionary<int, HookRequest>()) text.AppendLine(CultureInfo.InvariantCulture, $"{number} {member.Target}");
                    for (var i = 0; i < request.RuleCount; i++)
                    {
                        var rule = request.RuleAt(i);
                        text.AppendLine(ConditionPrinter.Print(rule.When));
                        if (rule.WhenReturned is { } returned) text.AppendLine(ConditionPrinter.Print(returned));
                        text.AppendJoin(';', rule.Actions.Concat(rule.ReturnActions)).AppendLine();
                    }
                }
            }
            return StableHash.Of(text.ToString());
        }
    }

    /// <summary>Plans policies.</summary>
    /// <param name="policies">The policies.</param>
    /// <param name="resolver">Chooses mechanisms.</param>
    /// <param name="bestEffort">Whether a policy is loaded without the hooks that this kernel cannot give, instead of not at all.</param>
    public static GenerationPlan Create(IEnumerable<Policy> policies, HookResolver resolver, bool bestEffort)
    {
        ArgumentNullException.ThrowIfNull(policies);
        ArgumentNullException.ThrowIfNull(resolver);
        var plan = new GenerationPlan();
        foreach (var policy in policies) plan.Add(policy, resolver, bestEffort);
        foreach (var hook in plan._hooks) plan.CounterCount = hook.Complete(plan.CounterCount);
        return plan;
    }

    void Add(Policy policy, HookResolver resolver, bool bestEffort)
    {
        var resolved = new List<(int Number, HookRequest Request, HookResolution Resolution)>();
        // A policy about what cannot happen is in force, and has nothing to do.
        var (refused, idle) = (false, false);
        var sets = FunctionSets.Take(policy, resolver, ManyFunctions);
        foreach (var (number, request) in policy.Hooks.Index())
        {
            var errors = PolicyCheck.Errors(request, Limits).ToList();
            if (errors.Count > 0)
            {
                refused = true;
                var origin = request.Origin.Length > 0 ? $"{request.Origin}: " : "";
                foreach (var error in errors) _failures.Add(new PolicyFailure(policy, request, $"{origin}{error}", IsIgnored: false));
                continue;
            }
            if (sets.Holds(request)) continue;
            var resolution = sets.WhyNot(request) ?? resolver.Resolve(request.Target, request.WithReturn, request.Overrides, request.Acts);
            if (resolution.Failure is null && WhyNoDigest(request, resolution.Hooks[0]) is { } noDigest) resolution = HookResolution.Impossible($"{request.Target}: {noDigest}");
            if (resolution.Failure is null)
            {
                if (sets.WhySingly(request) is { } why) resolution = resolution with { Hooks = [.. resolution.Hooks.Select(h => h with { Reason = $"{h.Reason}; one by one, for {why}" })] };
                if (TracepointKinds.Resolve(request, resolution.Hooks[0]) is var (known, unknown) && unknown is null)
                {
                    resolved.Add((number, known, resolution));
                    continue;
                }
                refused |= !bestEffort;
                _failures.Add(new PolicyFailure(policy, request, $"{request.Target}: {unknown}", bestEffort));
                continue;
            }
            idle |= resolution.NeverHappens;
            var ignored = bestEffort || resolution.NeverHappens || (resolution.IsMissing && request.MayBeMissing);
            refused |= !ignored;
            _failures.Add(new PolicyFailure(policy, request, resolution.Failure, ignored) { NeverHappens = resolution.NeverHappens });
        }
        if (refused || (resolved.Count == 0 && sets.Count == 0 && !policy.ReportsMappings && !idle)) return;
        var index = _policies.Count;
        _policies.Add(policy);
        foreach (var (hook, number, alike) in TakeAlike(resolved).Concat(sets.All))
        {
            AddMany(index, policy, hook, number, alike, resolver);
        }
        foreach (var (number, hooks, members) in UserPlaceSets.Take(resolved))
        {
            foreach (var hook in hooks)
            {
                var isLast = hook == hooks[^1];
                PlanOf(hook, members[0]).Add(index, policy, number, members[0], posts: isLast, acts: hooks.Count == 1 || !isLast, members);
            }
        }
        foreach (var (number, request, resolution) in resolved)
        {
            var single = resolution.Hooks.Count == 1;
            foreach (var hook in resolution.Hooks)
            {
                var isLast = hook == resolution.Hooks[^1];
                PlanOf(hook, request).Add(index, policy, number, request, posts: isLast, acts: single || !isLast);
            }
        }
    }

    static string? WhyNoDigest(HookRequest request, ResolvedHook hook)
    {
        if (!request.Rules.Any(r => r.WantsDigest)) return null;
        if (hook.Mechanism != HookMechanism.SecurityModule) return "digests of files are added at hooks of the security modules alone";
        return KernelOption.IsSet("CONFIG_IMA") is false ? "digests of files need the integrity subsystem, which this kernel is built without (CONFIG_IMA)" : null;
    }

    /// <summary>
    /// Takes out the groups of many system calls with the same values and rules, as a list of calls makes them. Those of 32-bit programs are seen
    /// together only, however few they are.
    /// </summary>
    static List<(HookTarget Hook, int Number, IReadOnlyDictionary<int, HookRequest> Members)> TakeAlike(List<(int Number, HookRequest Request, HookResolution Resolution)> resolved)
    {
        var groups = new List<(HookTarget, int, IReadOnlyDictionary<int, HookRequest>)>();
        foreach (var group in resolved.Where(r => !r.Request.Overrides && r.Request.Target is SyscallHook call && SyscallNames.TryGetNumber(call, out _))
            .GroupBy(r => (r.Request.Values, r.Request.Rules, r.Request.WithReturn, r.Request.Enforces, ((SyscallHook)r.Request.Target).Is32Bit))
            .Where(g => g.Key.Is32Bit || g.Count() >= ManySyscalls)
            .ToList())
        {
            var members = new Dictionary<int, HookRequest>();
            foreach (var (_, request, _) in group)
            {
                if (SyscallNames.TryGetNumber((SyscallHook)request.Target, out var number)) members[number] = request;
            }
            resolved.RemoveAll(r => group.Contains(r));
            groups.Add((new SyscallSetHook([.. group.Select(r => ((SyscallHook)r.Request.Target).Name)]) { Is32Bit = group.Key.Is32Bit }, group.First().Number, members));
        }
        return groups;
    }

    void AddMany(int index, Policy policy, HookTarget hook, int number, IReadOnlyDictionary<int, HookRequest> members, HookResolver resolver)
    {
        var first = members.First().Value;
        var resolution = hook is FunctionSetHook functions
            ? resolver.ResolveMany(functions, first.WithReturn, first.Acts)
            : HookResolver.ResolveMany((SyscallSetHook)hook, first.WithReturn, first.Acts);
        foreach (var resolved in resolution.Hooks)
        {
            var isLast = resolved == resolution.Hooks[^1];
            Added(resolved).Add(index, policy, number, first, posts: isLast, acts: resolution.Hooks.Count == 1 || !isLast, members);
        }
    }

    HookPlan PlanOf(ResolvedHook hook, HookRequest request)
    {
        foreach (var plan in _hooks)
        {
            if (plan.Hook.Target is not SyscallSetHook && plan.Hook.Section == hook.Section && plan.HasRoomFor(request, TableCapacity)) return plan;
        }
        return Added(hook);
    }

    HookPlan Added(ResolvedHook hook)
    {
        // Number 0 counts for the process sensor.
        var added = new HookPlan(_hooks.Count + 1, _hooks.Count(h => h.Hook.Section == hook.Section) + 1, hook);
        _hooks.Add(added);
        return added;
    }
}
