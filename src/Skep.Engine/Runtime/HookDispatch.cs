using System.Runtime.InteropServices;
using Skep.Engine.Compilation;
using Skep.Engine.Containers;
using Skep.Engine.Evaluation;
using Skep.Engine.Hooks;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>What the records of one hook mean: hands each match to the policy that asked, or to those of a family that its constant names.</summary>
sealed class HookDispatch
{
    readonly HookPlan _plan;
    readonly RuleTarget[] _targets;
    readonly Dictionary<uint, FamilyMatcher> _families = [];
    readonly ResidualRules? _residual;
    readonly long[] _handed, _dropped;
    readonly List<ProcessMatch> _matches = [];

    public HookDispatch(HookPlan plan, IReadOnlyList<PolicyState> policies, GenerationPlan generation)
    {
        _plan = plan;
        _residual = ResidualRules.Of(plan, generation);
        _targets = new RuleTarget[plan.RuleCount];
        _handed = new long[plan.RuleCount];
        _dropped = new long[plan.RuleCount];
        foreach (var request in plan.Requests)
        {
            var places = request.Values.Select(v => v < 0 ? byte.MaxValue : (byte)v).ToArray();
            for (var i = 0; i < request.RuleCount; i++)
            {
                _targets[request.FirstRule + i] = new RuleTarget(request, request.Request.Rules.Count == 0 ? -1 : i, places, policies[request.PolicyIndex], request.RuleAt(i).WantsDigest);
            }
        }
        foreach (var family in plan.Families) _families.Add((uint)family.Rule, new FamilyMatcher(family));
    }

    /// <summary>Events that were handed on.</summary>
    public long Events { get; private set; }

    /// <summary>Matches whose rule does not exist, or whose family had no member for them.</summary>
    public long Unclaimed { get; private set; }

    /// <summary>Matches that the kernel let through and user space did not.</summary>
    public long Dropped => _dropped.Sum();

    /// <summary>Events of a rule that were handed on and that were dropped; from any thread.</summary>
    public (long Handed, long Dropped) CountsOf(int rule) => (Volatile.Read(ref _handed[rule]), Volatile.Read(ref _dropped[rule]));

    /// <summary>Whether it has to be known which container a process is of.</summary>
    public bool AsksWorkloads => _residual is { AsksWorkloads: true };

    /// <param name="record">The record.</param>
    /// <param name="process">The process that ran into the hook.</param>
    /// <param name="container">Where it did, if that <see cref="AsksWorkloads">is asked</see>; null for the host.</param>
    /// <param name="symbols">Names functions of stacks.</param>
    /// <param name="listener">Gets the events.</param>
    /// <param name="digest">The digest of the file that the hook is about, where one was wanted.</param>
    public void Dispatch(in HookRecord record, ProcessInfo process, ContainerInfo? container, IStackSymbols? symbols, IEngineListener listener, DigestRecord digest = default)
    {
        for (var i = 0; i < record.MatchCount; i++)
        {
            var match = record.Match(i);
            if (match.Rule >= _targets.Length)
            {
                Unclaimed++;
            }
            else if (_families.TryGetValue(match.Rule, out var family))
            {
                var members = family.Find(record, process);
                if (members.IsEmpty) Unclaimed++;
                foreach (var member in members) HandTaken(member, match.Actions, record, process, container, symbols, listener, digest);
            }
            else
            {
                HandTaken((int)match.Rule, match.Actions, record, process, container, symbols, listener, digest);
            }
        }
        if (_plan.Hook.Mechanism == HookMechanism.Sensor) Tell(record, process, listener);
    }

    /// <summary>An execution or an exit is one event, however many rules wanted it.</summary>
    void Tell(in HookRecord record, ProcessInfo process, IEngineListener listener)
    {
        var matches = CollectionsMarshal.AsSpan(_matches);
        if (_plan.StatusIndex >= 0)
        {
            if (matches.Length > 0) listener.OnExit(process, record.Time, record.Tid, (uint)record.NumberAt(_plan.StatusIndex), matches);
        }
        else
        {
            process.IsUnwanted = matches.Length == 0;
            if (matches.Length > 0) listener.OnExec(process, process.Id.Start, record.Tid, matches);
        }
        _matches.Clear();
    }

    void HandTaken(int rule, MatchActions actions, in HookRecord record, ProcessInfo process, ContainerInfo? container, IStackSymbols? symbols, IEngineListener listener, DigestRecord digest)
    {
        if (_residual is not null && !_residual.Takes(rule, record, process, container)) _dropped[rule]++;
        else Hand(rule, _targets[rule], actions, record, process, symbols, listener, digest);
    }

    void Hand(int rule, in RuleTarget target, MatchActions actions, in HookRecord record, ProcessInfo process, IStackSymbols? symbols, IEngineListener listener, DigestRecord digest)
    {
        if (target.Policy.Mode == PolicyMode.Disabled) return;
        var request = target.Request.Request;
        if (target.Request.Members is { } members && !members.TryGetValue((int)record.NumberAt(_plan.CallIndex), out request))
        {
            Unclaimed++;
            return;
        }
        Events++;
        _handed[rule]++;
        target.Policy.Events++;
        if (_plan.Hook.Mechanism == HookMechanism.Sensor)
        {
            _matches.Add(new ProcessMatch(request, target.Request.Policy.Name, target.Rule, actions));
            return;
        }
        listener.OnHook(new HookEvent
        {
            Record = record,
            Request = request,
            PolicyName = target.Request.Policy.Name,
            Process = process,
            UnknownBecause = process.UnknownBecause,
            Actions = actions,
            Rule = target.Rule,
            Places = target.Places,
            KernelStack = (actions & MatchActions.KernelStack) != 0 ? Stack(record, _plan.KernelStackIndex) : default,
            UserStack = (actions & MatchActions.UserStack) != 0 ? Stack(record, _plan.UserStackIndex) : default,
            Symbols = symbols,
            FileDigest = target.WantsDigest ? digest.Digest : default,
            DigestAlgorithm = digest.Algorithm,
        });
    }

    static ReadOnlySpan<ulong> Stack(in HookRecord record, int index) => record.TryGetBytes(index, out var bytes) ? MemoryMarshal.Cast<byte, ulong>(bytes) : default;

    readonly record struct RuleTarget(PlannedRequest Request, int Rule, byte[] Places, PolicyState Policy, bool WantsDigest);
}
