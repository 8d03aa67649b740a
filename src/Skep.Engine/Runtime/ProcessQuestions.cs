using System.Buffers.Binary;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Evaluation;
using Skep.Engine.Processes;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>
/// What the policies in force ask about processes, and the answers: those of the kernel's records, and those of the conditions themselves by what
/// user space knows. Not for several threads at once.
/// </summary>
public sealed class ProcessQuestions
{
    const int WordBits = 64;

    readonly KernelState _state;
    readonly Generation _generation;
    readonly byte[] _record;
    readonly int _start;
    /// <summary>The bits that programs of the generation in force use, and those of the generation before.</summary>
    readonly (KernelLayout Layout, int Generation)[] _bits;
    readonly List<(PolicyState Policy, ConditionEvaluator[] Rules)> _policies;

    internal ProcessQuestions(Generation generation, KernelState state)
    {
        (_generation, _state) = (generation, state);
        var types = KernelObjects.Engine().Btf!;
        _bits = [.. new[] { generation.Number, generation.Number + 1 }.Select(number =>
        {
            var layout = new KernelLayout(types, number);
            return (layout, layout.Own + layout.Offset("process_atoms", "generation") - layout.Offset("process_atoms", "own"));
        })];
        _record = new byte[state.Maps["processes"].UserValueSize];
        _start = _bits[0].Layout.Offset("process", "start");
        _policies = [.. generation.Policies.Select(policy => (policy, Rules: RulesOf(policy.Policy).ToArray()))];
    }

    /// <summary>All questions.</summary>
    public IReadOnlyList<ProcessQuestion> Questions => _generation.Questions;

    /// <summary>The policies that look at a process, switched off ones left out.</summary>
    public IEnumerable<PolicyAim> PoliciesOf(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        foreach (var (policy, rules) in _policies)
        {
            if (policy.Mode == PolicyMode.Disabled) continue;
            var most = Truth.False;
            foreach (var rule in rules)
            {
                var truth = rule.Evaluate(process, process.Container);
                if (truth > most) most = truth;
            }
            if (most != Truth.False) yield return new PolicyAim(policy.Policy, most == Truth.True);
        }
    }

    /// <summary>
    /// The kernel's answers, those to which all is no left out; null when it has not asked a process yet, which it does when it next meets it, or when the process
    /// is gone.
    /// </summary>
    public IReadOnlyList<ProcessAnswer>? AnswersOf(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (!TryRead(process.Id)) return null;
        var answers = new List<ProcessAnswer>();
        foreach (var question in Questions)
        {
            if (LayoutFor(question.Bit) is not { } layout) return null;
            var answer = new ProcessAnswer(question, IsSet(layout.Own, question.Bit), IsSet(layout.Parents, question.Bit), IsSet(layout.Ancestors, question.Bit));
            if (answer is not { Holds: false, HoldsForParent: false, HoldsForAncestor: false }) answers.Add(answer);
        }
        return answers;
    }

    bool TryRead(ProcessId process)
    {
        try
        {
            using var owner = StorageOwner.Process((int)process.Pid);
            return _state.Maps["processes"].TryLookup(BitConverter.GetBytes(owner.Fd.Value), _record) && BinaryPrimitives.ReadUInt64LittleEndian(_record.AsSpan(_start)) == process.Start;
        }
        catch (BpfException)
        {
            // It ended.
            return false;
        }
    }

    /// <summary>Where the answer to a question is: what was asked in the generation before, and is asked still, need not be asked again.</summary>
    KernelLayout? LayoutFor(int bit)
    {
        foreach (var (layout, generation) in _bits)
        {
            var asked = BinaryPrimitives.ReadUInt64LittleEndian(_record.AsSpan(generation));
            if (asked != 0 && asked <= _generation.Number && asked >= _state.Atoms.SinceOf(bit)) return layout;
        }
        return null;
    }

    bool IsSet(int words, int bit) => (BinaryPrimitives.ReadUInt64LittleEndian(_record.AsSpan(words + bit / WordBits * sizeof(ulong))) >> (bit % WordBits) & 1) != 0;

    /// <summary>What the rules say of processes; what they say of events is left unknown, which for this question is as good as met.</summary>
    static IEnumerable<ConditionEvaluator> RulesOf(Policy policy)
    {
        foreach (var hook in policy.Hooks)
        {
            foreach (var rule in hook.Rules.Count > 0 ? hook.Rules : [new Rule()])
            {
                var about = OfProcess(rule.When, isNegated: false);
                yield return ConditionEvaluator.Compile(policy.Scope is { } scope ? new All([new WorkloadCondition(scope), about]) : about, []);
            }
        }
    }

    /// <summary>The condition with all that events decide taken to be met.</summary>
    static Condition OfProcess(Condition condition, bool isNegated) => condition switch
    {
        All all => new All([.. all.Parts.Select(part => OfProcess(part, isNegated))]),
        Any any => new Any([.. any.Parts.Select(part => OfProcess(part, isNegated))]),
        Not not => new Not(OfProcess(not.Part, !isNegated)),
        ValueCondition or ComparisonCondition => isNegated ? Condition.False : Condition.True,
        _ => condition,
    };
}
