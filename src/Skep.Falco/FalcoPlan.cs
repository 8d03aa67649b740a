using System.Globalization;
using Skep.Engine.Rules;
using Skep.Falco.Calls;
using Skep.Falco.Events;
using Skep.Falco.Fields;
using Skep.Falco.Loading;
using Skep.Falco.Lowering;

namespace Skep.Falco;

/// <summary>What the kernel is asked for on behalf of rules: a hook for each system call that some rule is about, and of its events those that a rule may match.</summary>
public sealed class FalcoPlan
{
    const string Name = "falco";

    FalcoPlan(IReadOnlyList<FalcoRule> rules, Policy? policy, IReadOnlyDictionary<string, IReadOnlyList<string>> left, IReadOnlyList<FieldInfo> unread, IReadOnlyList<Diagnostic> diagnostics) =>
        (Rules, Policy, LeftToUserSpace, NeverRead, Diagnostics) = (rules, policy, left, unread, diagnostics);

    /// <summary>The rules that are looked at, in order.</summary>
    public IReadOnlyList<FalcoRule> Rules { get; }

    /// <summary>The hooks; null when no rule is about a system call.</summary>
    public Policy? Policy { get; }

    /// <summary>For each rule's name, the checks that user space makes.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> LeftToUserSpace { get; }

    /// <summary>How much of each rule the kernel decides.</summary>
    public IEnumerable<RuleShare> Shares => Rules.Select(rule => new RuleShare(rule, UsedFields.CountChecks(rule.Condition), LeftToUserSpace.GetValueOrDefault(rule.Name)));

    /// <summary>Fields that rules read and that no event has here.</summary>
    public IReadOnlyList<FieldInfo> NeverRead { get; }

    /// <summary>Actions that cannot be taken, and why.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Whether a request of the engine is one of a plan's.</summary>
    public static bool Owns(HookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Tag is CallValues;
    }

    /// <summary>Plans rules; those that are not enabled, or are about another source, are left out.</summary>
    public static FalcoPlan Create(IEnumerable<FalcoRule> rules)
    {
        FalcoRule[] wanted = [.. rules.Where(r => r.Enabled && r.Source == RuleCollector.SyscallSource)];
        var byCall = new SortedDictionary<string, (CallInfo Call, List<FalcoRule> Rules)>(StringComparer.Ordinal);
        foreach (var rule in wanted)
        {
            foreach (var call in CallsOf(rule))
            {
                if (!byCall.TryGetValue(call.Name, out var planned)) byCall[call.Name] = planned = (call, []);
                planned.Rules.Add(rule);
            }
        }
        var fields = wanted.ToDictionary(rule => rule, rule => UsedFields.Of(rule).ToList());
        var left = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var diagnostics = new List<Diagnostic>();
        var hooks = byCall.Values.Select(planned => Request(planned.Call, planned.Rules, fields, left, diagnostics)).ToList();
        if (Executions(wanted, diagnostics) is { } executions) hooks.Add(executions);
        var unread = fields.Values.SelectMany(f => f).Select(f => f.Field).Distinct().Where(f => !FieldReaders.Knows(f)).OrderBy(f => f.Index);
        return new(wanted, hooks.Count == 0 ? null : new Policy { Name = Name, Hooks = hooks },
            left.ToDictionary(l => l.Key, l => (IReadOnlyList<string>)[.. l.Value], StringComparer.Ordinal), [.. unread], diagnostics);
    }

    /// <summary>Executions are told anyway; what of them is a system call that fails is not an event of its own.</summary>
    static IEnumerable<CallInfo> CallsOf(FalcoRule rule)
    {
        var isAny = rule.EventTypes.Count > RuleCompiler.ManyEventTypes;
        foreach (var kind in rule.EventTypes)
        {
            if (kind.Name is "execve" or "execveat" || CallCatalogue.Find(kind) is not { } call) continue;
            if (isAny && (!CallCatalogue.IsKnown(kind) || (kind.Traits & (EventTraits.Reads | EventTraits.Writes)) != 0)) continue;
            yield return call;
        }
    }

    /// <summary>Rules that act on executions do so before the first instruction of the program; all executions are told anyway.</summary>
    static HookRequest? Executions(FalcoRule[] rules, List<Diagnostic> diagnostics)
    {
        var acting = rules.Where(r => Acts(r) && r.EventTypes.Any(kind => kind.Name is "execve" or "execveat")).ToList();
        if (acting.Count == 0 || !EventCatalogue.TryGet("execve", out var execve)) return null;
        var values = new CallValues(new CallInfo(execve, ReturnsDescriptor: false, [], null)) { IsExecution = true };
        var kernel = Actions(acting, values, diagnostics);
        if (kernel.Count == 0) return null;
        return new HookRequest { Target = new ExecutionHook(), Values = values.Specs, Rules = [.. kernel, new Rule()], Origin = Origin(acting[0]), Tag = values };
    }

    static bool Acts(FalcoRule rule) => rule.Action is { Kind: FalcoActionKind.Kill or FalcoActionKind.Signal or FalcoActionKind.Deny };

    static string Origin(FalcoRule rule) => string.Create(CultureInfo.InvariantCulture, $"{rule.File}:{rule.Line}:{rule.Column}");

    /// <summary>What rules do in the kernel: only where it can decide all of their condition.</summary>
    static List<Rule> Actions(IEnumerable<FalcoRule> rules, CallValues values, List<Diagnostic> diagnostics)
    {
        var actions = new List<Rule>();
        foreach (var rule in rules.Where(Acts))
        {
            if (rule.Action!.Kind == FalcoActionKind.Deny)
            {
                Refuse(rule, "skep_action: deny cannot be done at system calls: use kill or signal");
                continue;
            }
            if (rule.Window is not null)
            {
                Refuse(rule, "skep_action cannot be combined with skep_window: matches are counted in user space");
                continue;
            }
            var lowering = new ConditionLowering(values);
            var condition = lowering.LowerExactly(rule.Condition);
            if (lowering.Left.Count > 0)
            {
                Refuse(rule, $"skep_action is up to the kernel alone, and at {values.Call.Name} it cannot decide: {string.Join("; ", lowering.Left)}");
                continue;
            }
            RuleAction[] taken = [new SignalAction(rule.Action.Signal), new PostAction()];
            // Rules are about calls that are over: what they look at is known then.
            actions.Add(values.IsExecution ? new Rule { When = condition, Actions = taken, Label = rule.Name } : new Rule { WhenReturned = condition, ReturnActions = taken, Label = rule.Name });
        }
        return actions;

        void Refuse(FalcoRule rule, string why) => diagnostics.Add(new Diagnostic(Severity.Error, $"rule '{rule.Name}': {why}", rule.File, rule.Line, rule.Column));
    }

    static HookRequest Request(CallInfo call, List<FalcoRule> rules, Dictionary<FalcoRule, List<FieldReference>> fields, Dictionary<string, HashSet<string>> left, List<Diagnostic> diagnostics)
    {
        var values = new CallValues(call);
        values.Require(CallValues.Result);
        var actions = Actions(rules, values, diagnostics);
        var conditions = new List<Condition>();
        foreach (var rule in rules)
        {
            var lowering = new ConditionLowering(values);
            conditions.Add(lowering.Lower(rule.Condition));
            if (!left.TryGetValue(rule.Name, out var undecided)) left[rule.Name] = undecided = [];
            undecided.UnionWith(lowering.Left);
        }
        // What the kernel decides by comes first: a table that is full leaves out what is only told.
        foreach (var rule in rules)
        {
            foreach (var field in fields[rule]) FieldReaders.Require(values, field);
        }
        return new HookRequest
        {
            Target = new SyscallHook(call.Name),
            Values = values.Specs,
            WithReturn = true,
            Rules = [.. actions, new Rule { When = ConditionLowering.AnyOf(conditions) }],
            Origin = Origin(rules[0]),
            MayBeMissing = true,
            Tag = values,
        };
    }
}
