using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Condition = Skep.Engine.Rules.Condition;

namespace Skep.Engine.Tests.Evaluation;

/// <summary>
/// A program that decides conditions as hooks do, over a slot and a process that the test has filled in; what hooks ask the kernel comes from the map
/// <c>facts</c>.
/// </summary>
sealed class ConditionProgram
{
    public const string Name = "run", Slots = "slots", Processes = "processes", Facts = "facts", Results = "results";
    const int PathDistance = 256, PathStart = 512;

    readonly KernelLayout _layout = new(KernelObjects.Engine().Btf!);
    readonly PatternLimits _limits = new();
    readonly int _conditions;

    public ConditionProgram(IReadOnlyList<ValueSpec> values, IReadOnlyList<Condition> conditions, string section = "tc")
    {
        _conditions = conditions.Count;
        Spec = Build(values, conditions, section);
    }

    public ObjectSpec Spec { get; }

    public int SlotSize => _layout.Slot;

    public int ProcessSize => _layout.SizeOf("process");

    /// <summary>Whether the kernel only knows a bound of a condition.</summary>
    public bool IsBound(Condition condition) => _limits.LeavesOut(new Rule { When = condition });

    /// <summary>Fills the slot in; lengths of the executables' paths, of the process first and then its ancestors, are among the facts.</summary>
    public void Place(Span<byte> slot, Span<byte> process, Span<byte> facts, RandomEvent happened)
    {
        slot.Clear();
        process.Clear();
        happened.Record.CopyTo(slot[_layout.Body..]);
        BitConverter.TryWriteBytes(process[_layout.ProcessPid..], happened.Process.Id.Pid);
        var words = MemoryMarshal.Cast<byte, ulong>(facts);
        happened.Facts.CopyTo(words);
        var person = happened.Process;
        for (var i = 0; i < RandomEvent.Generations; i++, person = person.Parent!)
        {
            person.Executable.Span.CopyTo(slot[(PathAt(i))..]);
            words[RandomEvent.FirstLength + i] = (ulong)person.Executable.Length;
            words[RandomEvent.FirstPid + i] = person.Id.Pid;
        }
    }

    int PathAt(int generation) => _layout.Offset("slot", "scratch") + PathStart + generation * PathDistance;

    ObjectSpec Build(IReadOnlyList<ValueSpec> values, IReadOnlyList<Condition> conditions, string section)
    {
        var builder = new ObjectBuilder("conditions");
        builder.AddMap(new MapSpec { Name = Slots, Type = MapType.Array, KeySize = 4, ValueSize = (uint)_layout.Slot, MaxEntries = 1 });
        builder.AddMap(new MapSpec { Name = Processes, Type = MapType.Array, KeySize = 4, ValueSize = (uint)ProcessSize, MaxEntries = 1 });
        builder.AddMap(new MapSpec { Name = Facts, Type = MapType.Array, KeySize = 4, ValueSize = RandomEvent.FactCount * 8, MaxEntries = 1 });
        builder.AddMap(new MapSpec { Name = Results, Type = MapType.Array, KeySize = 4, ValueSize = (uint)_conditions * 8, MaxEntries = 1 });

        var hook = new ResolvedHook
        {
            Target = new SyscallHook("getpgid"),
            Phase = HookPhase.Entry,
            Mechanism = HookMechanism.SyscallEntry,
            Section = section,
            Reason = "",
            Strength = ActionStrength.None,
        };
        var plan = new HookPlan(1, 1, hook);
        plan.Add(0, new Policy { Name = "random" }, 0, new HookRequest { Target = hook.Target, Values = values, Rules = [.. conditions.Select(c => new Rule { When = c })] }, posts: true, acts: true);
        var atoms = new ProcessAtoms(new AtomTable(_layout.AtomWords * 64));
        var texts = new TextRows(_layout, builder, _limits);
        foreach (var atom in conditions.SelectMany(Atoms))
        {
            if (atom is ExecutableCondition executable) atoms.Executables.Add(executable.Patterns);
            else if (atom is PidCondition { WithDescendants: true } pids) atoms.Add(pids);
            else if (atom is ValueCondition { Predicate: TextPredicate text } value) texts.Add(plan, value.Value, text.Patterns);
        }
        atoms.Assign();
        texts.Write();
        var executables = texts.WriteExecutables(atoms.Executables, atoms.BitOfExecutable);
        for (var i = 0; i < values.Count; i++) builder.AddFunction(ValueWriter.FunctionName(1, i), ["slot"], code => code.Return(0));
        AddFacts(builder);

        var writer = new ConditionWriter(builder, _layout, plan, atoms, texts, new WorkloadTable(), _limits);
        int[] places = [.. Enumerable.Range(0, values.Count)];
        for (var i = 0; i < conditions.Count; i++)
        {
            var condition = conditions[i];
            builder.AddFunction($"condition_{i}", ["slot", "process"], code =>
            {
                var fails = code.NewLabel();
                var (slot, process) = (code.Parameter(0).To(ScalarType.Pointer), code.Parameter(1).To(ScalarType.Pointer));
                writer.JumpUnless(code, slot, process, places, condition, fails);
                code.Return(1);
                code.Bind(fails);
                code.Return(0);
            });
        }
        builder.AddFunction("set_bits", ["slot", "process", "facts"], code =>
        {
            var (slot, process, facts) = (code.Parameter(0).To(ScalarType.Pointer), code.Parameter(1).To(ScalarType.Pointer), code.Parameter(2).To(ScalarType.Pointer));
            for (var i = 0; i < RandomEvent.Generations; i++)
            {
                var generation = i;
                foreach (var words in i switch { 0 => [_layout.Own], 1 => new[] { _layout.Parents, _layout.Ancestors }, _ => [_layout.Ancestors] })
                {
                    executables?.SetBits(code, process, words, slot, code.Constant((ulong)PathAt(i)), code.Load(ScalarType.U64, facts, (RandomEvent.FirstLength + i) * 8));
                    foreach (var pid in atoms.Pids)
                    {
                        var bit = atoms.BitOf(pid);
                        using (code.If(code.Load(ScalarType.U64, facts, (RandomEvent.FirstPid + generation) * 8) == pid.Pid))
                        {
                            var place = words + bit / 64 * 8;
                            code.Store(ScalarType.U64, process, place, code.Load(ScalarType.U64, process, place) | code.Constant(1UL << (bit % 64)));
                        }
                    }
                }
            }
            code.Return(0);
        });
        builder.AddProgram(section, Name, code =>
        {
            using var hasSlot = code.Lookup(Slots, 0, out var slot);
            using var hasProcess = code.Lookup(Processes, 0, out var process);
            using var hasFacts = code.Lookup(Facts, 0, out var facts);
            using var hasResults = code.Lookup(Results, 0, out var results);
            code.Call("set_bits", [slot, process, facts]);
            for (var i = 0; i < _conditions; i++) code.Store(ScalarType.U64, results, i * 8, code.Call($"condition_{i}", [slot, process]));
        });
        return builder.Build();
    }

    /// <summary>The functions of <c>bpf/</c> that ask the kernel.</summary>
    static void AddFacts(ObjectBuilder builder)
    {
        AddFact(builder, "current_namespace", ["kind"], RandomEvent.FirstNamespace, RandomEvent.NamespaceKinds);
        AddFact(builder, "current_capabilities", ["set"], RandomEvent.FirstCapabilities, 3);
        AddFact(builder, "changed_capabilities", ["process", "set"], RandomEvent.ChangedCapabilities, 1);
        AddFact(builder, "changed_namespaces", ["process"], RandomEvent.ChangedNamespaces, 1);
        AddFact(builder, "in_initial_user_namespace", [], RandomEvent.InInitial, 1);
        AddFact(builder, "current_pid_in_namespace", [], RandomEvent.PidInNamespace, 1);
        AddFact(builder, "in_workload", ["workload", "otherwise"], RandomEvent.InWorkload, 1);
    }

    static void AddFact(ObjectBuilder builder, string name, string[] parameters, int first, int count) => builder.AddFunction(name, parameters, code =>
    {
        using (code.Lookup(Facts, 0, out var facts))
        {
            for (var i = 0; i < count; i++)
            {
                var next = code.NewLabel();
                if (count > 1) code.GotoIf(code.Parameter(0).To(ScalarType.U32) != i, next);
                code.Return(code.Load(ScalarType.U64, facts, (first + i) * 8));
                code.Bind(next);
            }
        }
        code.Return(0);
    });

    static IEnumerable<Condition> Atoms(Condition condition) => condition switch
    {
        All all => all.Parts.SelectMany(Atoms),
        Any any => any.Parts.SelectMany(Atoms),
        Not not => Atoms(not.Part),
        _ => [condition],
    };
}
