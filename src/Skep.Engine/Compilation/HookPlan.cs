using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>One program: a hook and everything that all policies ask there.</summary>
public sealed class HookPlan
{
    readonly List<PlannedRequest> _requests = [];
    readonly List<ValueSpec> _values = [];

    internal HookPlan(int number, int place, ResolvedHook hook) => (Number, Place, Hook) = (number, place, hook);

    /// <summary>Its number: names its records and counters.</summary>
    public int Number { get; }

    /// <summary>How it is attached.</summary>
    public ResolvedHook Hook { get; }

    /// <summary>Which of the programs at the same hook it is, from 1.</summary>
    internal int Place { get; }

    /// <summary>The gate that it stands behind, by the same name in every generation.</summary>
    internal string GateName => $"{Hook.Section} {Place}{(AddsDigests ? " with digests" : "")}";

    /// <summary>Whether a second program adds digests of files. It must be attached before the first one, hence the gate's other name.</summary>
    public bool AddsDigests { get; private set; }

    /// <summary>Name of a second program, which notes the arguments at the entry for this one at the return.</summary>
    internal string EntryProgramName => $"entry_{Number}";

    /// <summary>Where that second program is for one at a kernel function's return; null when there is none.</summary>
    internal string? EntrySection => Hook.Mechanism == HookMechanism.Kretprobe ? Hook.Section.Replace("kretprobe/", "kprobe/", StringComparison.Ordinal) : null;

    /// <summary>Whether there is one for a user function's return.</summary>
    internal bool NotesArguments => Hook.Mechanism == HookMechanism.UserReturn && _values.Any(v => v.Source == ValueSource.Argument);

    /// <summary>The functions that one link attaches it to, in the order of their places; empty where the section names the hook.</summary>
    public IReadOnlyList<string> Functions => Hook.Target is FunctionSetHook set ? set.Names : [];

    /// <summary>What has to be attached for it. Entries come first: a return that is seen before its entry would have no arguments.</summary>
    internal IEnumerable<PlannedGate> Gates
    {
        get
        {
            if (Hook.Places is not { } places)
            {
                var gate = new PlannedGate(GateName, ProgramName, Hook.Section) { Functions = Functions };
                if (AddsDigests) return [new PlannedGate($"{GateName}: digests", ProgramName, Hook.Section.Replace("lsm/", "lsm.s/", StringComparison.Ordinal)) { AddsDigests = true, Hook = Hook.Section }, gate];
                return EntrySection is { } section ? [new PlannedGate($"{GateName} entry", EntryProgramName, section) { Hook = Hook.Section }, gate] : [gate];
            }
            var gates = places.Links.Select((link, i) => new PlannedGate(places.IsMulti ? GateName : $"{GateName}.{i}", ProgramName, Hook.Section, link, i));
            if (!NotesArguments) return gates;
            var entry = places with { IsReturn = false };
            return entry.Links.Select((link, i) => new PlannedGate(places.IsMulti ? $"{GateName} entry" : $"{GateName} entry.{i}", EntryProgramName, entry.Section, link, i) { Hook = Hook.Section }).Concat(gates);
        }
    }

    /// <summary>What policies ask here.</summary>
    public IReadOnlyList<PlannedRequest> Requests => _requests;

    /// <summary>What is captured, each once for all policies; the record's table has the same order.</summary>
    public IReadOnlyList<ValueSpec> Values => _values;

    /// <summary>Entries of the table after the values: the kernel's and the process's stack.</summary>
    public int KernelStackIndex => _values.Count;

    /// <inheritdoc cref="KernelStackIndex"/>
    public int UserStackIndex => _values.Count + 1;

    /// <summary>Whether any rule wants a stack.</summary>
    public bool HasStacks { get; private set; }

    /// <summary>Place in the table of what tells which of many it is, at a hook of many; -1 elsewhere.</summary>
    public int CallIndex { get; private set; } = -1;

    /// <summary>Place in the table of an exit's status; -1 elsewhere.</summary>
    public int StatusIndex { get; private set; } = -1;

    /// <summary>Numbers of the system calls that are wanted, or places of the functions, at a hook of many.</summary>
    public IReadOnlyList<int> Calls { get; private set; } = [];

    /// <summary>Size of the record's table.</summary>
    public int TableSize => _values.Count + (HasStacks ? 2 : 0);

    /// <summary>Number of rules in the program.</summary>
    public int RuleCount { get; private set; }

    /// <summary>Name of the program, or of the function that decides for the process sensor.</summary>
    public string ProgramName => Hook.Target switch { ExecutionHook => "decide_execution", ExitHook => "decide_exit", _ => $"hook_{Number}" };

    /// <summary>Name of the program that it is loaded in.</summary>
    internal string LoadedName => Hook.Target switch { ExecutionHook => "process_exec", ExitHook => "process_exit", _ => ProgramName };

    /// <summary>Requests that the kernel decides together; see <see cref="RuleFamily"/>.</summary>
    public IReadOnlyList<RuleFamily> Families { get; private set; } = [];

    /// <summary>The other requests.</summary>
    public IReadOnlyList<PlannedRequest> SingleRequests { get; private set; } = [];

    /// <summary>Those that do what other hooks of their policies decided.</summary>
    internal IEnumerable<PlannedRequest> Enforcers => _requests.Where(r => r.Request.Enforces);

    /// <summary>The request that a rule's number belongs to.</summary>
    public PlannedRequest? RequestOf(uint rule)
    {
        foreach (var request in _requests)
        {
            if (rule >= request.FirstRule && rule < request.FirstRule + request.RuleCount) return request;
        }
        return null;
    }

    /// <summary>Whether a request's values still fit into the table; if not, another program at the same hook takes it.</summary>
    internal bool HasRoomFor(HookRequest request, int capacity)
    {
        var added = request.Values.Where(v => v.Kind != ValueKind.None).Distinct().Count(v => !_values.Contains(Key(v)));
        return _values.Count + added + 2 <= capacity;
    }

    internal void Add(int policyIndex, Policy policy, int number, HookRequest request, bool posts, bool acts, IReadOnlyDictionary<int, HookRequest>? members = null)
    {
        var values = new int[request.Values.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = Key(request.Values[i]);
            if (value.Kind == ValueKind.None || (value.Source == ValueSource.Returned && Hook.Phase == HookPhase.Entry))
            {
                values[i] = -1;
                continue;
            }
            values[i] = _values.IndexOf(value);
            if (values[i] >= 0) continue;
            values[i] = _values.Count;
            _values.Add(value);
        }
        if (Hook.Target is ExitHook && StatusIndex < 0)
        {
            StatusIndex = _values.Count;
            _values.Add(ProcessValues.Status);
        }
        if (members is not null && CallIndex < 0)
        {
            CallIndex = _values.Count;
            _values.Add(new ValueSpec { Source = ValueSource.Call, Kind = ValueKind.UInt64 });
            Calls = [.. members.Keys];
        }
        var planned = new PlannedRequest(policyIndex, policy, number, request, values, RuleCount, posts, acts) { Members = members };
        _requests.Add(planned);
        RuleCount += planned.RuleCount;
        AddsDigests |= request.Rules.Any(r => r.WantsDigest);
        HasStacks |= request.Rules.Any(r => r.Actions.Concat(r.ReturnActions).OfType<PostAction>().Any(p => p.KernelStack || p.UserStack));
    }

    /// <summary>To be called when everything is added.</summary>
    /// <param name="firstCounter">Place of its first rule among all rules' counters; the next hook's is returned.</param>
    internal int Complete(int firstCounter)
    {
        (Families, SingleRequests) = RuleFamily.Divide([.. _requests.Where(r => !r.Request.Enforces)]);
        foreach (var request in SingleRequests)
        {
            request.FirstCounter = firstCounter;
            firstCounter += request.RuleCount;
        }
        return firstCounter;
    }

    /// <summary>Labels are for people: two policies that name the same value differently share it.</summary>
    static ValueSpec Key(ValueSpec value) => value with { Label = "" };
}
