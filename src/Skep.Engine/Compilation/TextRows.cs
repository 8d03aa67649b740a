using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>
/// Matchers of the texts that hooks capture: for each value those that know all patterns of all policies, run at most once per event. A
/// condition's set of patterns is one number. Patterns that no matcher can decide meet no text here: who asks knows which they are.
/// </summary>
sealed class TextRows(KernelLayout layout, ObjectBuilder builder, PatternLimits limits)
{
    const int DeviceNameSize = 16;

    readonly Dictionary<(int Hook, int Value), (PatternSets Sets, ValueKind Kind)> _sets = [];
    readonly Dictionary<(int Hook, int Value), TextMatcherPlan> _plans = [];
    readonly Dictionary<string, (TextMatcherPlan Plan, string Name)> _byPatterns = new(StringComparer.Ordinal);
    readonly Dictionary<int, int> _rows = [];

    TextMatcherOptions Options => new() { SlotSize = layout.Slot };

    public void Add(HookPlan plan, int value, IReadOnlyList<TextPattern> patterns)
    {
        if (!_sets.TryGetValue((plan.Number, value), out var known)) _sets.Add((plan.Number, value), known = (new PatternSets(), plan.Values[value].Kind));
        known.Sets.Add(patterns);
    }

    /// <summary>Writes the matchers and the functions that run them for a value; to be called once everything is added.</summary>
    public void Write()
    {
        foreach (var ((hook, value), (sets, kind)) in _sets)
        {
            var (plan, name) = MatchersOf(sets, $"match_{hook}_{value}");
            _plans.Add((hook, value), plan);
            for (var i = 0; i < plan.Matchers.Count; i++) WriteRow(hook, value, kind, i, $"{name}_{i}");
        }
    }

    /// <summary>Writes the matchers of executables' paths; null when there are none.</summary>
    public ExecutableMatcher? WriteExecutables(PatternSets sets, Func<int, int> bitOf)
    {
        if (sets.Count == 0) return null;
        var (plan, name) = MatchersOf(sets, "match_executable");
        return new ExecutableMatcher(plan, name, bitOf);
    }

    /// <summary>Jumps away when a value's text meets none of the patterns.</summary>
    public void JumpUnlessAny(CodeBuilder code, HookPlan plan, int value, Value slot, IReadOnlyList<TextPattern> patterns, Label otherwise)
    {
        var number = _sets[(plan.Number, value)].Sets.NumberOf(patterns);
        var holds = code.NewLabel();
        var matchers = _plans[(plan.Number, value)].Matchers;
        for (var i = 0; i < matchers.Count; i++)
        {
            if (!matchers[i].Numbers.Contains(number)) continue;
            var result = code.Let(code.Call(RowName(plan.Number, value, i), [slot]));
            code.GotoIf(matchers[i].Test(code, result, number), holds);
        }
        code.Goto(otherwise);
        code.Bind(holds);
    }

    /// <summary>Two values that are compared with the same patterns share the tables.</summary>
    (TextMatcherPlan Plan, string Name) MatchersOf(PatternSets sets, string name)
    {
        if (_byPatterns.TryGetValue(sets.Key, out var known)) return known;
        var plan = TextMatcherPlan.Create(sets.Numbered, Options);
        foreach (var left in plan.LeftOut)
        {
            if (limits.WhyLeftOut(left.Pattern) is null) throw new BpfException($"the kernel cannot decide {left.Pattern}: {left.Message}");
        }
        for (var i = 0; i < plan.Matchers.Count; i++) plan.Matchers[i].AddTo(builder, $"{name}_{i}");
        return _byPatterns[sets.Key] = (plan, name);
    }

    void WriteRow(int hook, int value, ValueKind kind, int matcher, string function)
    {
        // A place in the slot for each result of the hook's program; beyond those a matcher runs each time it is asked.
        var place = _rows[hook] = _rows.GetValueOrDefault(hook, -1) + 1;
        var isKept = place < layout.MaxArguments;
        var table = new SlotTable(layout);
        builder.AddFunction(RowName(hook, value, matcher), ["slot"], code =>
        {
            var slot = code.Parameter(0).To(ScalarType.Pointer);
            var result = code.Let(0);
            var known = code.NewLabel();
            if (isKept)
            {
                code.Assign(result, code.Load(ScalarType.U64, slot, layout.SlotRow + place * 8, "row"));
                code.GotoIf((code.Load(ScalarType.U32, slot, layout.SlotRowsKnown, "known") & (1L << place)) != 0, known);
            }
            code.Call(ValueWriter.FunctionName(hook, value), [slot]);
            var (offset, length) = Text(code, slot, table, value, kind);
            code.Assign(result, code.Call(function, [slot, offset + layout.Body, length]));
            if (isKept)
            {
                code.Store(ScalarType.U64, slot, layout.SlotRow + place * 8, result, "row");
                code.Store(ScalarType.U32, slot, layout.SlotRowsKnown, code.Load(ScalarType.U32, slot, layout.SlotRowsKnown, "known") | (1L << place), "known");
                code.Bind(known);
            }
            code.Return(result);
        });
    }

    /// <summary>Where a value's text is in the body, and how long: most kinds are one text, some have it behind a fixed head.</summary>
    (Value Offset, Value Length) Text(CodeBuilder code, Value slot, SlotTable table, int value, ValueKind kind)
    {
        var offset = code.Let(table.Offset(code, slot, value));
        var length = code.Let(table.LengthOf(code, slot, value));
        if (kind is not (ValueKind.NetworkDevice or ValueKind.UnixAddress)) return (offset, length);
        var type = kind == ValueKind.NetworkDevice ? "device_value" : "sockaddr_unix_value";
        var head = kind == ValueKind.NetworkDevice ? layout.Offset(type, "name") : layout.SizeOf(type);
        var unread = code.NewLabel();
        var read = code.NewLabel();
        code.GotoIf(length < layout.SizeOf(type), unread);
        code.GotoIf(offset > layout.BodySize, unread);
        if (kind == ValueKind.UnixAddress)
        {
            code.Assign(length, code.Load(ScalarType.U32, slot + offset, layout.Body + layout.Offset(type, "path_length"), "path_length"));
        }
        else
        {
            // The kernel pads names with NULs.
            code.Assign(length, 0);
            for (var i = 0; i < DeviceNameSize; i++)
            {
                code.GotoIf(code.Load(ScalarType.U8, slot + offset, layout.Body + head + i, "name") == 0, read);
                code.Assign(length, i + 1);
            }
        }
        code.Goto(read);
        code.Bind(unread);
        code.Assign(length, 0);
        code.Bind(read);
        return (offset + head, length);
    }

    static string RowName(int hook, int value, int matcher) => $"row_{hook}_{value}_{matcher}";
}
