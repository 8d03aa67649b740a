#pragma warning disable CA1822
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>Automata of the texts that hooks capture: for each value one that knows all patterns of all policies, run at most once per event.</summary>
sealed class TextRows(KernelLayout layout)
{
    readonly Dictionary<(int Hook, int Value), List<TextPattern>> _patterns = [];

    public static string FunctionName(HookPlan plan, int value) => $"row_{plan.Number}_{value}";

    public void Add(HookPlan plan, int value, IEnumerable<TextPattern> patterns)
    {
        if (!_patterns.TryGetValue((plan.Number, value), out var known)) _patterns.Add((plan.Number, value), known = []);
        foreach (var pattern in patterns)
        {
            if (!known.Contains(pattern)) known.Add(pattern);
        }
    }

    public void Write(ObjectBuilder builder)
    {
        if (_patterns.Count > 0) throw new BpfException($"texts cannot be matched yet {layout.Slot} {builder.License}");
    }

    public ProcessMatcher? WriteProcessMatcher(ObjectBuilder builder, IReadOnlyList<TextPattern> patterns) =>
        patterns.Count == 0 ? null : throw new BpfException($"texts cannot be matched yet {builder.License}");

    public void JumpUnlessAny(CodeBuilder code, HookPlan plan, int value, Value row, IReadOnlyList<TextPattern> patterns, Label otherwise) =>
        throw new BpfException($"texts cannot be matched yet {plan.Number} {value} {row.Type} {patterns.Count} {otherwise} {code.Name}");
}

sealed class ProcessMatcher
{
    public void SetBits(CodeBuilder code, Value process, int offset, Value slot, Value at, Value length) => throw new BpfException($"{code}{process}{offset}{slot}{at}{length}");
}
