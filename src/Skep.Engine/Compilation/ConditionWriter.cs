using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Condition = Skep.Engine.Rules.Condition;

namespace Skep.Engine.Compilation;

/// <summary>
/// Writes a rule's condition as straight-line code that jumps away where it does not hold. Parts are ordered by what they cost. What the kernel cannot
/// decide is taken to hold, and below a negation not to hold: so the whole may hold too often, and never too rarely.
/// </summary>
sealed class ConditionWriter(ObjectBuilder builder, KernelLayout layout, HookPlan plan, ProcessAtoms atoms, TextRows texts, WorkloadTable workloads, PatternLimits limits)
{
    const uint FamilyInternet = 2, FamilyInternet6 = 10, FileTypeMask = 0xf000;

    /// <summary>More than these are a table's work.</summary>
    const int MaxCompared = 16;

    readonly SlotTable _table = new(layout);
    int _tables;

    /// <summary>Jumps to <paramref name="otherwise"/> when the condition does not hold.</summary>
    /// <param name="code">Where to write.</param>
    /// <param name="slot">The working memory.</param>
    /// <param name="process">The kernel's record of the process.</param>
    /// <param name="values">For each value of the request its place in the table.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="otherwise">Where to go when it fails.</param>
    /// <param name="acts">Whether something is done in the kernel then: it must be certain which workload the process belongs to.</param>
    public void JumpUnless(CodeBuilder code, Value slot, Value process, IReadOnlyList<int> values, Condition condition, Label otherwise, bool acts = false) =>
        JumpUnless(code, slot, process, values, condition, otherwise, isUpper: true, acts);

    void JumpUnless(CodeBuilder code, Value slot, Value process, IReadOnlyList<int> values, Condition condition, Label otherwise, bool isUpper, bool acts)
    {
        // In a lower bound the patterns that are left out do not match, as the matchers have it anyway.
        if (isUpper && limits.LeavesOut(PatternLimits.PatternsOf(condition))) return;
        switch (condition)
        {
            case All all:
                foreach (var part in all.Parts.OrderBy(CostOf)) JumpUnless(code, slot, process, values, part, otherwise, isUpper, acts);
                break;
            case Any any:
                var holds = code.NewLabel();
                foreach (var part in any.Parts.OrderBy(CostOf))
                {
                    var next = code.NewLabel();
                    JumpUnless(code, slot, process, values, part, next, isUpper, acts);
                    code.Goto(holds);
                    code.Bind(next);
                }
                code.Goto(otherwise);
                code.Bind(holds);
                break;
            case Not not:
                var fails = code.NewLabel();
                JumpUnless(code, slot, process, values, not.Part, fails, !isUpper, acts);
                code.Goto(otherwise);
                code.Bind(fails);
                break;
            case ExecutableCondition executable:
                JumpUnlessBits(code, process, atoms.MaskOf(executable.Patterns), executable.Relation, otherwise);
                break;
            case PidCondition { WithDescendants: true } pids:
                JumpUnlessBits(code, process, atoms.MaskOf(pids), ProcessRelation.SelfOrAncestor, otherwise);
                break;
            case PidCondition pids:
                var pid = pids.InNamespace ? code.Call("current_pid_in_namespace", []) : code.Load(ScalarType.U32, process, layout.ProcessPid, "pid");
                JumpUnlessOneOf(code, pid, pids.Pids, otherwise);
                break;
            case NamespaceCondition space:
                JumpUnlessOneOf(code, code.Call("current_namespace", [(int)space.Kind]), space.Inodes, otherwise);
                break;
            case NamespaceChangeCondition changes:
                var changed = code.Call("changed_namespaces", [process]);
                code.GotoIf((changed & changes.Kinds.Aggregate(0L, (mask, kind) => mask | 1L << (int)kind)) == 0, otherwise);
                break;
            case CapabilityCondition capability:
                if (capability.InOtherUserNamespace) code.GotoIf(code.Call("in_initial_user_namespace", []) != 0, otherwise);
                code.GotoIf((code.Call("current_capabilities", [(int)capability.Set]) & (long)capability.Mask) == 0, otherwise);
                break;
            case CapabilityChangeCondition capability:
                if (capability.InOtherUserNamespace) code.GotoIf(code.Call("in_initial_user_namespace", []) != 0, otherwise);
                code.GotoIf((code.Call("changed_capabilities", [process, (int)capability.Set]) & (long)capability.Mask) == 0, otherwise);
                break;
            case WorkloadCondition workload:
                code.GotoIf(code.Call("in_workload", [workloads.NumberOf(workload.Workload), isUpper != acts ? 1 : 0]) == 0, otherwise);
                break;
            case ValueCondition value:
                JumpUnless(code, slot, values, value, otherwise);
                break;
            case ComparisonCondition comparison:
                var (left, right) = (Number(code, slot, values, comparison.Left), Number(code, slot, values, comparison.Right));
                code.GotoIf(comparison.Comparison switch { NumberComparison.Equal => left != right, NumberComparison.Less => left >= right, _ => left > right }, otherwise);
                break;
            default:
                throw new BpfException($"a condition of kind {condition.GetType().Name} cannot be compiled");
        }
    }

    /// <summary>Bits of the process first, then numbers, then what has to be walked, read or matched.</summary>
    internal static int CostOf(Condition condition) => condition switch
    {
        ExecutableCondition or PidCondition { WithDescendants: true } or PidCondition { InNamespace: false } => 0,
        ValueCondition { Predicate: NumberPredicate or MaskPredicate } or ComparisonCondition => 1,
        PidCondition or NamespaceCondition or CapabilityCondition or WorkloadCondition => 2,
        ValueCondition { Predicate: not TextPredicate } => 3,
        NamespaceChangeCondition or CapabilityChangeCondition => 5,
        Not not => CostOf(not.Part),
        All { Parts.Count: > 0 } all => all.Parts.Max(CostOf),
        Any { Parts.Count: > 0 } any => any.Parts.Max(CostOf),
        All or Any => 0,
        _ => 4,
    };

    void JumpUnlessBits(CodeBuilder code, Value process, SortedDictionary<int, ulong> mask, ProcessRelation relation, Label otherwise)
    {
        var holds = code.NewLabel();
        foreach (var (word, bits) in mask)
        {
            var offset = word * 8 + relation switch { ProcessRelation.Parent => layout.Parents, ProcessRelation.Ancestor => layout.Ancestors, _ => layout.Own };
            var own = code.Load(ScalarType.U64, process, offset, "atoms");
            if (relation == ProcessRelation.SelfOrAncestor) own |= code.Load(ScalarType.U64, process, layout.Ancestors + word * 8, "ancestors' atoms");
            code.GotoIf((own & (long)bits) != 0, holds);
        }
        code.Goto(otherwise);
        code.Bind(holds);
    }

    void JumpUnless(CodeBuilder code, Value slot, IReadOnlyList<int> values, ValueCondition condition, Label otherwise)
    {
        var index = values[condition.Value];
        if (index < 0) throw new BpfException("a condition looks at a value that is not captured here");
        var kind = plan.Values[index].Kind;
        if (condition.Predicate is TextPredicate text)
        {
            JumpUnlessText(code, slot, index, kind, text, otherwise);
            return;
        }
        code.Call(ValueWriter.FunctionName(plan.Number, index), [slot]);
        switch (condition.Predicate)
        {
            case NumberPredicate number:
                JumpUnlessInRanges(code, Number(code, slot, index, kind), number.Ranges, otherwise);
                break;
            case MaskPredicate mask:
                var bits = Number(code, slot, index, kind).To(ScalarType.U64);
                code.GotoIf((bits & (long)mask.Masks.Aggregate(0UL, (all, m) => all | m)) == 0, otherwise);
                break;
            case FileTypePredicate type:
                JumpUnlessOneOf(code, _table.ExtraOf(code, slot, index) & FileTypeMask, type.Modes, otherwise);
                break;
            case SocketFieldPredicate field:
                var member = field.Field switch { SocketField.Family => "family", SocketField.Protocol => "protocol", _ => "state" };
                JumpUnlessOneOf(code, Member(code, slot, index, kind, member, ScalarType.U16, otherwise), field.Values, otherwise);
                break;
            case PortPredicate port:
                JumpUnlessInRanges(code, Member(code, slot, index, kind, PortOf(kind, port.Side), ScalarType.U16, otherwise), port.Ranges, otherwise);
                break;
            case AddressPredicate address:
                JumpUnlessInNetworks(code, slot, index, kind, address, otherwise);
                break;
            case GainedCapabilitiesPredicate gained:
                var old = values[gained.Old];
                code.Call(ValueWriter.FunctionName(plan.Number, old), [slot]);
                var (now, before) = (_table.Number(code, slot, index), _table.Number(code, slot, old));
                code.GotoIf((now & (before ^ -1) & (long)gained.Mask) == 0, otherwise);
                break;
            default:
                throw new BpfException($"a predicate of kind {condition.Predicate.GetType().Name} cannot be compiled");
        }
    }

    void JumpUnlessText(CodeBuilder code, Value slot, int index, ValueKind kind, TextPredicate text, Label otherwise)
    {
        if (!Captures.IsText(kind) && kind is not (ValueKind.UnixAddress or ValueKind.NetworkDevice)) throw new BpfException($"a value of kind {kind} is no text");
        texts.JumpUnlessAny(code, plan, index, slot, text.Patterns, otherwise);
    }

    Value Number(CodeBuilder code, Value slot, int index, ValueKind kind)
    {
        if (Captures.NumberOf(kind) is { } type) return _table.Number(code, slot, index).To(type is ScalarType.S8 or ScalarType.S16 or ScalarType.S32 or ScalarType.S64 ? ScalarType.S64 : ScalarType.U64);
        if (Captures.IsCapabilitySet(kind)) return _table.Number(code, slot, index);
        throw new BpfException($"a value of kind {kind} is no number");
    }

    /// <summary>Each step in a variable: the calls that read values keep no registers.</summary>
    Value Number(CodeBuilder code, Value slot, IReadOnlyList<int> values, NumberExpression number)
    {
        switch (number)
        {
            case ConstantNumber constant:
                return code.Constant((ulong)constant.Number).To(ScalarType.S64);
            case CapturedNumber captured:
                var index = values[captured.Value];
                if (index < 0) throw new BpfException("a condition looks at a value that is not captured here");
                code.Call(ValueWriter.FunctionName(plan.Number, index), [slot]);
                return code.Let(Number(code, slot, index, plan.Values[index].Kind).To(ScalarType.S64));
            case NarrowedNumber narrowed:
                var wide = Number(code, slot, values, narrowed.Number);
                return code.Let(narrowed.IsSigned ? wide.To(ScalarType.S32).To(ScalarType.S64) : wide.To(ScalarType.U32).To(ScalarType.S64));
            case CombinedNumber combined:
                var (left, right) = (Number(code, slot, values, combined.Left), Number(code, slot, values, combined.Right));
                return code.Let(combined.Operator switch
                {
                    NumberOperator.Add => left + right,
                    NumberOperator.Subtract => left - right,
                    NumberOperator.And => left & right,
                    NumberOperator.Or => left | right,
                    _ => left ^ right,
                });
            default:
                throw new BpfException($"a number of kind {number.GetType().Name} cannot be compiled");
        }
    }

    /// <summary>A member of a captured struct; jumps away when the struct could not be read.</summary>
    Value Member(CodeBuilder code, Value slot, int index, ValueKind kind, string member, ScalarType type, Label otherwise)
    {
        var (address, offset) = Place(code, slot, index, kind, member, otherwise);
        return code.Load(type, address, offset, member);
    }

    (Value Address, int Offset) Place(CodeBuilder code, Value slot, int index, ValueKind kind, string member, Label otherwise)
    {
        var type = Captures.SocketStructOf(kind) ?? throw new BpfException($"a value of kind {kind} has no addresses");
        code.GotoIf(_table.LengthOf(code, slot, index) < layout.SizeOf(type), otherwise);
        var offset = code.Let(_table.Offset(code, slot, index));
        // The guard behind the body takes what a struct at the body's very end would reach.
        code.GotoIf(offset > layout.BodySize, otherwise);
        return (slot + offset, layout.Body + layout.Offset(type, member));
    }

    void JumpUnlessInNetworks(CodeBuilder code, Value slot, int index, ValueKind kind, AddressPredicate predicate, Label otherwise)
    {
        var side = kind == ValueKind.SocketAddress ? "address" : predicate.Side == SocketSide.Source ? "source" : "destination";
        var family = code.Let(Member(code, slot, index, kind, "family", ScalarType.U16, otherwise));
        if (predicate.Networks.Count > MaxCompared)
        {
            var set = new AddressSet(predicate.Networks.Select(n => new NumberedNetwork(0, n)));
            var name = TableName();
            set.AddTo(builder, name, new TextMatcherOptions { SlotSize = layout.Slot });
            var place = _table.Offset(code, slot, index) + (layout.Body + layout.Offset(Captures.SocketStructOf(kind)!, side));
            var row = code.Let(code.Call(name, [slot, place, family]));
            var met = code.NewLabel();
            code.GotoIf(set.Test(code, row, 0), met);
            code.Goto(otherwise);
            code.Bind(met);
            return;
        }
        var byFamily = predicate.Networks.Select(Networks.Plain).ToLookup(Networks.IsIPv6);
        var (holds, tests4, tests6, plain6) = (code.NewLabel(), code.NewLabel(), code.NewLabel(), code.NewLabel());
        var (address, offset) = Place(code, slot, index, kind, side, otherwise);
        var v4 = code.Let(0);
        code.GotoIf(family == FamilyInternet6, tests6);
        code.GotoIf(family != FamilyInternet, otherwise);
        code.Assign(v4, code.Load(ScalarType.U32, address, offset, side));
        code.Goto(tests4);
        code.Bind(tests6);
        code.GotoIf(code.Load(ScalarType.U64, address, offset, side) != 0, plain6);
        code.GotoIf(code.Load(ScalarType.U32, address, offset + 8, side) != code.Constant(0xffff0000), plain6);
        code.Assign(v4, code.Load(ScalarType.U32, address, offset + 12, side));
        code.Goto(tests4);
        code.Bind(plain6);
        if (byFamily[true].Any())
        {
            var high = code.Let(code.Load(ScalarType.U64, address, offset, side));
            var low = code.Let(code.Load(ScalarType.U64, address, offset + 8, side));
            foreach (var network in byFamily[true])
            {
                var next = code.NewLabel();
                var (highMask, highWanted) = Words(network, 0, 8);
                var (lowMask, lowWanted) = Words(network, 8, 8);
                if (highMask != 0) code.GotoIf((high & (long)highMask) != (long)highWanted, next);
                if (lowMask != 0) code.GotoIf((low & (long)lowMask) != (long)lowWanted, next);
                code.Goto(holds);
                code.Bind(next);
            }
        }
        code.Goto(otherwise);
        code.Bind(tests4);
        foreach (var network in byFamily[false])
        {
            var (mask, wanted) = Words(network, 0, 4);
            code.GotoIf((v4 & (long)mask) == (long)wanted, holds);
        }
        code.Goto(otherwise);
        code.Bind(holds);
    }

    /// <summary>Mask and value of some bytes of a network, in the byte order in which the program loads them.</summary>
    static (ulong Mask, ulong Value) Words(IPNetwork network, int start, int length)
    {
        Span<byte> address = stackalloc byte[16], mask = stackalloc byte[16];
        mask.Clear();
        network.BaseAddress.TryWriteBytes(address, out _);
        for (var bit = 0; bit < network.PrefixLength; bit++) mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        for (var i = 0; i < 16; i++) address[i] &= mask[i];
        return length == 4
            ? (MemoryMarshal.Read<uint>(mask[start..]), MemoryMarshal.Read<uint>(address[start..]))
            : (MemoryMarshal.Read<ulong>(mask[start..]), MemoryMarshal.Read<ulong>(address[start..]));
    }

    void JumpUnlessOneOf(CodeBuilder code, Value value, IReadOnlyList<uint> allowed, Label otherwise) =>
        JumpUnlessInRanges(code, value, [.. allowed.Select(n => new NumberRange(n, n))], otherwise);

    void JumpUnlessInRanges(CodeBuilder code, Value value, IReadOnlyList<NumberRange> ranges, Label otherwise)
    {
        // In 64 bits: a bound beyond the value's own width is beyond all of its values.
        var number = code.Let(value.Type == ScalarType.S64 ? value : value.To(ScalarType.U64));
        var holds = code.NewLabel();
        if (ranges.Count > MaxCompared)
        {
            var set = new NumberSet(ranges.SelectMany(range => Captures.RangesOf(0, range, number.Type == ScalarType.S64)));
            var name = TableName();
            set.AddTo(builder, name);
            var row = code.Let(code.Call(name, [number.To(ScalarType.U64)]));
            code.GotoIf(set.Test(code, row, 0), holds);
            code.Goto(otherwise);
            code.Bind(holds);
            return;
        }
        foreach (var range in ranges)
        {
            if (range.First == range.Last)
            {
                code.GotoIf(number == range.First, holds);
                continue;
            }
            var next = code.NewLabel();
            code.GotoIf(number < code.Constant((ulong)range.First).To(number.Type), next);
            code.GotoIf(number <= code.Constant((ulong)range.Last).To(number.Type), holds);
            code.Bind(next);
        }
        code.Goto(otherwise);
        code.Bind(holds);
    }

    string TableName() => $"table_{plan.Number}_{_tables++}";

    static string PortOf(ValueKind kind, SocketSide side) => kind == ValueKind.SocketAddress ? "port" : side == SocketSide.Source ? "source_port" : "destination_port";
}
