using System.Runtime.CompilerServices;
using Skep.Bpf.Building;
using Skep.Engine.Compilation;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Condition = Skep.Engine.Rules.Condition;

namespace Skep.Engine.Evaluation;

/// <summary>Makes nodes of a condition; what is cheap and often false is asked first, as <see cref="ConditionWriter"/> does.</summary>
sealed class EvaluationCompiler(IReadOnlyList<ValueSpec> values, bool assumesUnchanged)
{
    static readonly EvaluationNode s_kernelOnly = new EvaluationNode.KernelOnly();

    public EvaluationNode Compile(Condition condition) => condition switch
    {
        All all => new EvaluationNode.Everything([.. all.Parts.OrderBy(ConditionWriter.CostOf).Select(Compile)]),
        Any any => new EvaluationNode.Something([.. any.Parts.OrderBy(ConditionWriter.CostOf).Select(Compile)]),
        Not not => new EvaluationNode.Negation(Compile(not.Part)),
        ValueCondition value => Compile(value.Value, values[value.Value].Kind, value.Predicate),
        ComparisonCondition comparison => new EvaluationNode.Comparison(comparison),
        ExecutableCondition executable => new EvaluationNode.Executable(executable.Relation, TextEvaluator.Of(executable.Patterns)),
        PidCondition pid => new EvaluationNode.Pid([.. pid.Pids], pid.InNamespace, pid.WithDescendants),
        NamespaceCondition space when assumesUnchanged => new EvaluationNode.Namespace(space.Kind, [.. space.Inodes]),
        CapabilityCondition { InOtherUserNamespace: false } capability when assumesUnchanged => new EvaluationNode.Capability(capability.Set, capability.Mask),
        WorkloadCondition workload => new EvaluationNode.InWorkload(workload.Workload),
        _ => s_kernelOnly,
    };

    public static EvaluationNode CompileWorkloads(Condition condition) => condition switch
    {
        All all => new EvaluationNode.Everything([.. all.Parts.Select(CompileWorkloads)]),
        Any any => new EvaluationNode.Something([.. any.Parts.Select(CompileWorkloads)]),
        Not not => new EvaluationNode.Negation(CompileWorkloads(not.Part)),
        WorkloadCondition workload => new EvaluationNode.InWorkload(workload.Workload),
        _ => s_kernelOnly,
    };

    static EvaluationNode Compile(int value, ValueKind kind, Predicate predicate)
    {
        switch (predicate)
        {
            case NumberPredicate number:
                return new EvaluationNode.Number(value, Captures.NumberOf(kind) is ScalarType.S8 or ScalarType.S16 or ScalarType.S32 or ScalarType.S64, [.. number.Ranges]);
            case MaskPredicate mask:
                return new EvaluationNode.Mask(value, mask.Masks.Aggregate(0UL, (all, m) => all | m));
            case FileTypePredicate type:
                return new EvaluationNode.FileType(value, [.. type.Modes]);
            case TextPredicate text:
                return new EvaluationNode.Text(value, kind, TextEvaluator.Of(text.Patterns));
            case GainedCapabilitiesPredicate gained:
                return new EvaluationNode.Gained(value, gained.Old, gained.Mask);
            case SocketFieldPredicate field:
                return Member(value, kind, field.Field switch { SocketField.Family => "family", SocketField.Protocol => "protocol", _ => "state" }, field.Values.Select(v => new NumberRange(v, v)));
            case PortPredicate port:
                return Member(value, kind, kind == ValueKind.SocketAddress ? "port" : port.Side == SocketSide.Source ? "source_port" : "destination_port", port.Ranges);
            case AddressPredicate address:
                var side = kind == ValueKind.SocketAddress ? "address" : address.Side == SocketSide.Source ? "source" : "destination";
                return new EvaluationNode.Address(value, SizeOf(kind), OffsetOf(kind, "family"), OffsetOf(kind, side), address.Networks);
            default:
                return s_kernelOnly;
        }
    }

    static EvaluationNode.Member Member(int value, ValueKind kind, string member, IEnumerable<NumberRange> ranges) => new(value, SizeOf(kind), OffsetOf(kind, member), [.. ranges]);

    static int SizeOf(ValueKind kind) => kind switch
    {
        ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket => Unsafe.SizeOf<SocketValue>(),
        ValueKind.Skb => Unsafe.SizeOf<SkbValue>(),
        ValueKind.SocketAddress => Unsafe.SizeOf<SocketAddressValue>(),
        ValueKind.UnixAddress => Unsafe.SizeOf<UnixAddressValue>(),
        _ => throw new ArgumentException($"a value of kind {kind} has no addresses"),
    };

    /// <summary>Where a member is in the struct that a kind is captured as (<c>bpf/engine.h</c>).</summary>
    static int OffsetOf(ValueKind kind, string member) => (kind, member) switch
    {
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket, "family") => 0,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket, "protocol") => 4,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket, "state") => 6,
        (ValueKind.Skb, "family") => 52,
        (ValueKind.Skb, "protocol") => 54,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket or ValueKind.Skb, "source") => 16,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket or ValueKind.Skb, "destination") => 32,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket or ValueKind.Skb, "source_port") => 48,
        (ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket or ValueKind.Skb, "destination_port") => 50,
        (ValueKind.SocketAddress or ValueKind.UnixAddress, "family") => 0,
        (ValueKind.SocketAddress, "port") => 2,
        (ValueKind.SocketAddress, "address") => 8,
        _ => throw new ArgumentException($"a value of kind {kind} has no {member}"),
    };
}
