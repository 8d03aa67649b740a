using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Condition = Skep.Engine.Rules.Condition;

namespace Skep.Engine.Compilation;

/// <summary>Writes all programs of a generation into one object, ready to be linked with the engine's own.</summary>
sealed class GenerationWriter(GenerationPlan plan, KernelLayout layout, Btf kernel, AtomTable table)
{
    readonly ObjectBuilder _builder = new("generation") { License = "Dual BSD/GPL" };
    readonly ProcessAtoms _atoms = new(table);

    /// <summary>What each bit of processes means.</summary>
    public IReadOnlyDictionary<string, int> Atoms => _atoms.Bits;

    /// <summary>The same for people.</summary>
    public IReadOnlyList<ProcessQuestion> Questions => _atoms.Questions;

    /// <summary>The workloads that conditions name.</summary>
    public WorkloadTable Workloads { get; } = new();

    public ObjectSpec Write()
    {
        var texts = new TextRows(layout, _builder, plan.Limits);
        foreach (var hook in plan.Hooks)
        {
            foreach (var family in hook.Families) Collect(texts, hook, family.Members[0], family.Union);
            foreach (var request in hook.SingleRequests)
            {
                for (var i = 0; i < request.RuleCount; i++)
                {
                    Collect(texts, hook, request, request.RuleAt(i).When);
                    if (request.RuleAt(i).WhenReturned is { } returned && hook.Hook.Phase == Hooks.HookPhase.Return) Collect(texts, hook, request, returned);
                }
            }
        }
        _atoms.Assign();
        texts.Write();
        WriteProcessEvaluation(texts);
        foreach (var hook in plan.Hooks)
        {
            var access = ArgumentAccess.Of(hook, kernel);
            var values = new ValueWriter(_builder, layout, hook, access, kernel);
            var conditions = new ConditionWriter(_builder, layout, hook, _atoms, texts, Workloads, plan.Limits);
            new HookProgramWriter(_builder, layout, hook, access, values, conditions, _atoms, kernel, plan.Limits).Write();
            if (hook.Hook.Target is ExitHook) WriteExpectation(hook, conditions);
        }
        return _builder.Build();
    }

    void Collect(TextRows texts, HookPlan hook, PlannedRequest request, Condition condition)
    {
        switch (condition)
        {
            case All all:
                foreach (var part in all.Parts) Collect(texts, hook, request, part);
                break;
            case Any any:
                foreach (var part in any.Parts) Collect(texts, hook, request, part);
                break;
            case Not not:
                Collect(texts, hook, request, not.Part);
                break;
            case ExecutableCondition executable:
                _atoms.Executables.Add(executable.Patterns);
                break;
            case PidCondition { WithDescendants: true } pids:
                _atoms.Add(pids);
                break;
            case ValueCondition { Predicate: TextPredicate text } value when request.Values[value.Value] >= 0:
                texts.Add(hook, request.Values[value.Value], text.Patterns);
                break;
        }
    }

    /// <summary>Whether an exit may be wanted, by what is known of the process when it executes its program.</summary>
    void WriteExpectation(HookPlan exits, ConditionWriter conditions) => _builder.AddFunction("expects_exit", ["slot", "process"], code =>
    {
        var wanted = code.NewLabel();
        foreach (var family in exits.Families) GotoIf(family.Members[0], family.Union);
        foreach (var request in exits.SingleRequests)
        {
            for (var i = 0; i < request.RuleCount; i++) GotoIf(request, request.RuleAt(i).When);
        }
        code.Return(0);
        code.Bind(wanted);
        code.Return(1);

        void GotoIf(PlannedRequest request, Condition condition)
        {
            var next = code.NewLabel();
            conditions.JumpUnless(code, code.Parameter(0).To(ScalarType.Pointer), code.Parameter(1).To(ScalarType.Pointer), request.Values, OfProcess(condition, isUpper: true), next);
            code.Goto(wanted);
            code.Bind(next);
        }
    }, Linkage.Global, hidden: true);

    /// <summary>A bound of a condition that is known for the whole life of a program.</summary>
    static Condition OfProcess(Condition condition, bool isUpper) => condition switch
    {
        All all => new All([.. all.Parts.Select(part => OfProcess(part, isUpper))]),
        Any any => new Any([.. any.Parts.Select(part => OfProcess(part, isUpper))]),
        Not not => new Not(OfProcess(not.Part, !isUpper)),
        ExecutableCondition or PidCondition { WithDescendants: true } or PidCondition { InNamespace: false } => condition,
        _ => isUpper ? Condition.True : Condition.False,
    };

    /// <summary>Sets a process's own bits; called at each execution, and for older processes when they are met.</summary>
    void WriteProcessEvaluation(TextRows texts)
    {
        var executables = texts.WriteExecutables(_atoms.Executables, _atoms.BitOfExecutable);
        _builder.AddFunction("evaluate_process", ["process", "slot", "offset", "length", "pid_in_namespace"], code =>
        {
            var process = code.Parameter(0).To(ScalarType.Pointer);
            executables?.SetBits(code, process, layout.Own, code.Parameter(1).To(ScalarType.Pointer), code.Parameter(2) + layout.Offset("slot", "scratch"), code.Parameter(3));
            if (_atoms.Pids.Count > 0)
            {
                var pid = code.Let(code.Load(ScalarType.U32, process, layout.ProcessPid, "pid"));
                foreach (var known in _atoms.Pids)
                {
                    var bit = _atoms.BitOf(known);
                    // A process of the initial namespace has no pid in a namespace: 0 is no process.
                    if (known is { InNamespace: true, Pid: 0 }) continue;
                    using (code.If((known.InNamespace ? code.Parameter(4) : pid) == known.Pid))
                    {
                        var place = layout.Own + bit / 64 * 8;
                        code.Store(ScalarType.U64, process, place, code.Load(ScalarType.U64, process, place, "atoms") | code.Constant(1UL << (bit % 64)), "atoms");
                    }
                }
            }
            code.Return(0);
        }, Linkage.Global, hidden: true);
    }
}
