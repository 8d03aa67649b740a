using System.Text;
using Skep.Engine.Containers;
using Skep.Engine.Evaluation;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Trials;

/// <summary>A hook of a policy that is tried, and what it would have done.</summary>
public sealed class TrialHook
{
    const int MostExamples = 10, MostReasons = 16, LongestArguments = 256;

    readonly Dictionary<HookRequest, byte[]> _placesOf = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<string, long> _reasons = new(StringComparer.Ordinal);
    readonly List<TrialExample> _examples = [];
    readonly SortedSet<string> _notes = new(StringComparer.Ordinal), _observedBy = new(StringComparer.Ordinal);
    readonly ValueSpec[] _values;
    readonly ProcessRecord? _record;
    TrialRule[]? _rules;
    UndecidedReasons? _undecided;

    internal TrialHook(Policy policy, HookRequest request)
    {
        (Policy, Request, Hook) = (policy, request, request.Target.ToString()!);
        _values = [.. request.Values];
        IsExit = request.Target is ExitHook;
        if (IsExit || request.Target is ExecutionHook) _record = new ProcessRecord(_values, IsExit);
        foreach (var rule in request.Rules)
        {
            if (rule.Actions.Concat(rule.ReturnActions).Any(a => a is PostAction { RateLimit: not null })) _notes.Add("rate limits are not applied: fewer events would have been sent");
            if (request.Target is not ExecutionHook && AsksState(rule.When)) _notes.Add("namespaces and capabilities are taken to be those of the process's last execution");
        }
        if (IsExit && _values.Any(v => v.Source == ValueSource.CurrentTask)) _notes.Add("ids and comm are taken to be those of the process's last execution");
    }

    /// <summary>The policy.</summary>
    public Policy Policy { get; }

    /// <summary>The hook as the policy has it.</summary>
    public HookRequest Request { get; }

    /// <summary>Its name: <c>syscall:openat</c>.</summary>
    public string Hook { get; }

    /// <summary>How long all of its events were recorded.</summary>
    public TimeSpan Complete { get; private set; }

    /// <summary>How long only those were recorded that the rules of policies asked for.</summary>
    public TimeSpan Partial { get; private set; }

    /// <summary>Policies that had its events recorded, the first few.</summary>
    public IReadOnlyCollection<string> ObservedBy => _observedBy;

    /// <summary>Recorded events of the hook that were looked at.</summary>
    public long Events { get; private set; }

    /// <summary>Those of which it could not be told whether a rule matches.</summary>
    public long Undecided { get; private set; }

    /// <summary>Those that a rule matches.</summary>
    public long Matched { get; private set; }

    /// <summary>Those that would have been sent.</summary>
    public long Posted { get; private set; }

    /// <summary>Those whose process would have been killed.</summary>
    public long Killed { get; private set; }

    /// <summary>Those whose process would have got another signal.</summary>
    public long Signalled { get; private set; }

    /// <summary>Those whose caller would have got an error.</summary>
    public long Denied { get; private set; }

    /// <summary>What stood in the way of a decision, and how often.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Reasons => [.. _reasons.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal)];

    /// <summary>What is to be known to read the numbers.</summary>
    public IReadOnlyCollection<string> Notes => _notes;

    /// <summary>Executables of the processes that matched.</summary>
    public Tally Executables { get; } = new();

    /// <summary>Their containers.</summary>
    public Tally Containers { get; } = new();

    /// <summary>Their effective user ids.</summary>
    public Tally Users { get; } = new();

    /// <summary>The first events that matched.</summary>
    public IReadOnlyList<TrialExample> Examples => _examples;

    internal bool IsExit { get; }

    internal bool IsOfProcess => _record is not null;

    internal void Cover(long nanoseconds, Recording.ObservedHook observed)
    {
        var time = TimeSpan.FromTicks(nanoseconds / 100);
        if (observed.IsComplete) Complete += time;
        else Partial += time;
        foreach (var policy in observed.Policies) _observedBy.Add(policy);
    }

    internal void Note(string note) => _notes.Add(note);

    /// <summary>Judges an execution or exit.</summary>
    internal void Judge(ProcessInfo process, ulong time, uint tid, uint status, long unix, string node)
    {
        Events++;
        Prepare(null);
        Decide(_record!.Of(process, time, tid, status), default, process, unix, node);
    }

    /// <summary>Judges an event of the hook.</summary>
    /// <param name="record">What the kernel saw.</param>
    /// <param name="recorded">The hooks that had it recorded, with the places of their values in it.</param>
    /// <param name="process">Who ran into it.</param>
    /// <param name="unix">When, nanoseconds since 1970.</param>
    /// <param name="node">The node's name.</param>
    internal void Judge(in HookRecord record, IReadOnlyList<(HookRequest Request, byte[] Places)> recorded, ProcessInfo? process, long unix, string node)
    {
        Events++;
        Span<byte> places = stackalloc byte[_values.Length];
        places.Fill(byte.MaxValue);
        foreach (var (request, placesOf) in recorded)
        {
            var known = PlacesIn(request);
            Prepare(request);
            for (var i = 0; i < places.Length; i++)
            {
                if (places[i] != byte.MaxValue || known[i] == byte.MaxValue) continue;
                var place = placesOf.Length == 0 ? known[i] : known[i] < placesOf.Length ? placesOf[known[i]] : byte.MaxValue;
                // A text that was cut where this policy would have read on.
                if (place < HookRecord.MaxArguments && record.IsCaptured(place) && IsWhole(record, place, _values[i], request.Values[known[i]])) places[i] = place;
            }
        }
        Decide(record, places, process, unix, node);
    }

    void Decide(in HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process, long unix, string node)
    {
        // As long as its runtime may tell more, what a container is, is not known.
        var knowsContainer = process is not null && process.Container is not { IsFinal: false };
        foreach (var rule in _rules!)
        {
            var truth = Evaluate(rule.When, record, places, process, knowsContainer);
            if (truth == Truth.False) continue;
            var verdict = TrialVerdict.None;
            if (truth == Truth.True)
            {
                verdict = TrialVerdict.Matched | rule.AtEntry;
                truth = rule.WhenReturned is null ? Truth.True : Evaluate(rule.WhenReturned, record, places, process, knowsContainer);
                if (truth == Truth.True) verdict |= rule.AtReturn;
            }
            if (truth == Truth.Unknown)
            {
                Undecided++;
                var reason = _undecided!.Find(record, places, process, process?.Container, knowsContainer);
                if (_reasons.Count < MostReasons || _reasons.ContainsKey(reason)) _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
                return;
            }
            Count(verdict, rule.Number, process, record.Process, unix, node);
            return;
        }
    }

    static Truth Evaluate(ConditionEvaluator evaluator, in HookRecord record, ReadOnlySpan<byte> places, ProcessInfo? process, bool knowsContainer) =>
        knowsContainer ? evaluator.Evaluate(record, places, process, process!.Container) : evaluator.Evaluate(record, places, process);

    void Count(TrialVerdict verdict, int rule, ProcessInfo? process, ProcessId id, long unix, string node)
    {
        Matched++;
        if ((verdict & TrialVerdict.Posted) != 0) Posted++;
        if ((verdict & TrialVerdict.Killed) != 0) Killed++;
        if ((verdict & TrialVerdict.Signalled) != 0) Signalled++;
        if ((verdict & TrialVerdict.Denied) != 0) Denied++;
        var executable = process is { Executable.IsEmpty: false } ? Encoding.UTF8.GetString(process.Executable.Span) : "unknown";
        Executables.Add(executable);
        if (process is not null)
        {
            if (process.Container is { } container) Containers.Add(NameOf(container));
            if (!process.IsPlaceholder) Users.Add(process.Credentials.EffectiveUid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
        if (_examples.Count == MostExamples) return;
        _examples.Add(new TrialExample
        {
            Time = unix, Process = process?.Id ?? id, Node = node, Executable = executable, Arguments = Cut(ArgumentsOf(process)), Rule = Request.Rules.Count == 0 ? -1 : rule, Verdict = verdict,
        });
    }

    static string NameOf(ContainerInfo container) =>
        container.Pod is { } pod ? $"{pod.Namespace}/{pod.Name}" : container.Name.Length > 0 ? container.Name : container.Id;

    static string ArgumentsOf(ProcessInfo? process)
    {
        if (process is null) return "";
        var arguments = process.Arguments.Span.TrimEnd((byte)0);
        arguments = arguments[(arguments.IndexOf((byte)0) + 1)..];
        if (process.Arguments.Span.IndexOf((byte)0) == process.Arguments.Length - 1) return "";
        return Encoding.UTF8.GetString(arguments).Replace('\0', ' ');
    }

    static string Cut(string arguments) => arguments.Length > LongestArguments ? arguments[..LongestArguments] : arguments;

    /// <summary>For each value its place among those of a recorded hook; 255 when that one did not ask for it.</summary>
    byte[] PlacesIn(HookRequest recorded)
    {
        if (_placesOf.TryGetValue(recorded, out var known)) return known;
        var places = new byte[_values.Length];
        for (var i = 0; i < places.Length; i++)
        {
            var place = -1;
            for (var j = 0; j < recorded.Values.Count && place < 0; j++)
            {
                if (IsSame(_values[i], recorded.Values[j])) place = j;
            }
            places[i] = place < 0 ? byte.MaxValue : (byte)place;
        }
        return _placesOf[recorded] = places;
    }

    /// <summary>Names do not matter, nor how much is read; what a tracepoint's field is, the kernel had to tell.</summary>
    static bool IsSame(ValueSpec wanted, ValueSpec recorded) =>
        (wanted.Kind == ValueKind.Auto ? wanted with { Kind = recorded.Kind, Label = "", MaxLength = 0 } : wanted with { Label = "", MaxLength = 0 }) == recorded with { Label = "", MaxLength = 0 };

    static bool IsWhole(in HookRecord record, int place, ValueSpec wanted, ValueSpec recorded) =>
        wanted.MaxLength == recorded.MaxLength || Compilation.Captures.NumberOf(recorded.Kind) is not null || (record.FlagsAt(place) & ArgumentFlags.Cut) == 0;

    /// <summary>Compiles the rules as soon as it is known what their values are.</summary>
    void Prepare(HookRequest? recorded)
    {
        if (_rules is not null) return;
        for (var i = 0; i < _values.Length && recorded is not null; i++)
        {
            if (_values[i].Kind != ValueKind.Auto || PlacesIn(recorded)[i] is not (var place and not byte.MaxValue)) continue;
            _values[i] = _values[i] with { Kind = recorded.Values[place].Kind };
        }
        IReadOnlyList<Rule> rules = Request.Rules.Count == 0 ? [new Rule()] : Request.Rules;
        _rules = [.. rules.Select((rule, number) => new TrialRule(rule, number, Policy.Scope, _values))];
        _undecided = new UndecidedReasons(_rules.SelectMany(r => r.Conditions), _values);
    }

    static bool AsksState(Condition condition) => condition switch
    {
        NamespaceCondition or CapabilityCondition => true,
        All all => all.Parts.Any(AsksState),
        Any any => any.Parts.Any(AsksState),
        Not not => AsksState(not.Part),
        _ => false,
    };
}
