using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;

namespace Skep.Engine.Evaluation;

/// <summary>A part of a condition, ready to be decided.</summary>
abstract class EvaluationNode
{
    public abstract Truth Evaluate(in EvaluationFacts facts);

    static Truth Of(bool holds) => holds ? Truth.True : Truth.False;

    public sealed class Everything(EvaluationNode[] parts) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var result = Truth.True;
            foreach (var part in parts)
            {
                var truth = part.Evaluate(facts);
                if (truth == Truth.False) return truth;
                if (truth < result) result = truth;
            }
            return result;
        }
    }

    public sealed class Something(EvaluationNode[] parts) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var result = Truth.False;
            foreach (var part in parts)
            {
                var truth = part.Evaluate(facts);
                if (truth == Truth.True) return truth;
                if (truth > result) result = truth;
            }
            return result;
        }
    }

    public sealed class Negation(EvaluationNode part) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts) => Truth.True - (int)part.Evaluate(facts);
    }

    public sealed class InWorkload(Workload workload) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts) => facts.KnowsContainer ? Of(WorkloadKeeper.Contains(workload, facts.Container)) : Truth.Unknown;
    }

    /// <summary>What only the kernel knows.</summary>
    public sealed class KernelOnly : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts) => Truth.Unknown;
    }

    public sealed class Number(int value, bool isSigned, NumberRange[] ranges) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(value);
            return place < 0 ? Truth.Unknown : Of(IsIn(facts.Record.NumberAt(place), isSigned, ranges));
        }
    }

    public sealed class Comparison(ComparisonCondition comparison) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            if (!TryCompute(facts, comparison.Left, out var left) || !TryCompute(facts, comparison.Right, out var right)) return Truth.Unknown;
            return Of(comparison.Comparison switch { NumberComparison.Equal => left == right, NumberComparison.Less => left < right, _ => left <= right });
        }

        static bool TryCompute(in EvaluationFacts facts, NumberExpression number, out long result)
        {
            result = 0;
            switch (number)
            {
                case ConstantNumber constant:
                    result = constant.Number;
                    return true;
                case CapturedNumber captured:
                    var place = facts.PlaceOf(captured.Value);
                    if (place < 0) return false;
                    result = (long)facts.Record.NumberAt(place);
                    return true;
                case NarrowedNumber narrowed:
                    if (!TryCompute(facts, narrowed.Number, out var wide)) return false;
                    result = narrowed.IsSigned ? (int)wide : (uint)wide;
                    return true;
                case CombinedNumber combined:
                    if (!TryCompute(facts, combined.Left, out var left) || !TryCompute(facts, combined.Right, out var right)) return false;
                    result = combined.Operator switch
                    {
                        NumberOperator.Add => left + right,
                        NumberOperator.Subtract => left - right,
                        NumberOperator.And => left & right,
                        NumberOperator.Or => left | right,
                        _ => left ^ right,
                    };
                    return true;
                default:
                    return false;
            }
        }
    }

    public sealed class Mask(int value, ulong mask) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(value);
            return place < 0 ? Truth.Unknown : Of((facts.Record.NumberAt(place) & mask) != 0);
        }
    }

    public sealed class Gained(int value, int old, ulong mask) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var (now, before) = (facts.PlaceOf(value), facts.PlaceOf(old));
            return now < 0 || before < 0 ? Truth.Unknown : Of((facts.Record.NumberAt(now) & ~facts.Record.NumberAt(before) & mask) != 0);
        }
    }

    public sealed class FileType(int value, uint[] modes) : EvaluationNode
    {
        const uint TypeMask = 0xf000;

        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(value);
            return place < 0 ? Truth.Unknown : Of(modes.AsSpan().Contains(facts.Record.ModeAt(place) & TypeMask));
        }
    }

    public sealed class Text(int value, ValueKind kind, TextEvaluator patterns) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(value);
            return place >= 0 && RecordText.TryGet(facts.Record, place, kind, out var text) ? Of(patterns.MeetsAny(text)) : Truth.Unknown;
        }
    }

    /// <summary>A number that a captured struct holds.</summary>
    public sealed class Member(int value, int size, int offset, NumberRange[] ranges) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(value);
            if (place < 0 || !facts.Record.TryGetBytes(place, out var bytes)) return Truth.Unknown;
            // What could not be read has no family and no port.
            return bytes.Length < size ? Truth.False : Of(IsIn(MemoryMarshal.Read<ushort>(bytes[offset..]), isSigned: false, ranges));
        }
    }

    public sealed class Address : EvaluationNode
    {
        readonly int _value, _size, _family, _address;
        readonly (bool IsIPv6, UInt128 Mask, UInt128 Address)[] _networks;

        public Address(int value, int size, int family, int address, IEnumerable<IPNetwork> networks)
        {
            (_value, _size, _family, _address) = (value, size, family, address);
            _networks = [.. networks.Select(Networks.Plain).Select(n =>
            {
                var bits = new byte[16];
                n.BaseAddress.TryWriteBytes(bits, out _);
                var mask = n.PrefixLength == 0 ? 0 : UInt128.MaxValue << (128 - n.PrefixLength);
                return (Networks.IsIPv6(n), mask, BinaryPrimitives.ReadUInt128BigEndian(bits) & mask);
            })];
        }

        public override Truth Evaluate(in EvaluationFacts facts)
        {
            var place = facts.PlaceOf(_value);
            if (place < 0 || !facts.Record.TryGetBytes(place, out var bytes)) return Truth.Unknown;
            if (bytes.Length < _size) return Truth.False;
            var family = MemoryMarshal.Read<ushort>(bytes[_family..]);
            if (family is not (Networks.IPv4Family or Networks.IPv6Family)) return Truth.False;
            var (isIPv6, address) = Networks.Plain(family == Networks.IPv6Family, BinaryPrimitives.ReadUInt128BigEndian(bytes[_address..]));
            foreach (var network in _networks)
            {
                if (network.IsIPv6 == isIPv6 && (address & network.Mask) == network.Address) return Truth.True;
            }
            return Truth.False;
        }
    }

    public sealed class Executable(ProcessRelation relation, TextEvaluator patterns) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            if (facts.Process is not { } process) return Truth.Unknown;
            switch (relation)
            {
                case ProcessRelation.Self:
                    return Meets(process);
                case ProcessRelation.Parent:
                    return process.Parent is { } parent ? Meets(parent) : process.ParentId == default ? Truth.False : Truth.Unknown;
            }
            var result = relation == ProcessRelation.SelfOrAncestor ? Meets(process) : Truth.False;
            foreach (var ancestor in process.Ancestors)
            {
                if (result == Truth.True) break;
                var truth = Meets(ancestor);
                if (truth > result) result = truth;
            }
            return result == Truth.False && !IsLineComplete(process) ? Truth.Unknown : result;
        }

        Truth Meets(ProcessInfo process)
        {
            if (process.IsPlaceholder || (process.Flags & ProcessFlags.ExecutableUnread) != 0) return Truth.Unknown;
            var path = process.Executable.Span;
            // Kernel threads run no file: the kernel compares nothing at all.
            if (path.Length > 0 && path[0] == '[') path = default;
            // /proc writes these paths otherwise than the kernel's programs read them.
            else if ((process.Flags & ProcessFlags.Seeded) != 0 && (process.Container is not null || path.EndsWith(" (deleted)"u8))) return Truth.Unknown;
            return Of(patterns.MeetsAny(path));
        }
    }

    public sealed class Pid(uint[] pids, bool inNamespace, bool withDescendants) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            if (facts.Process is not { } process) return Truth.Unknown;
            var result = Meets(process);
            if (!withDescendants) return result;
            foreach (var ancestor in process.Ancestors)
            {
                if (result == Truth.True) break;
                var truth = Meets(ancestor);
                if (truth > result) result = truth;
            }
            return result == Truth.False && !IsLineComplete(process) ? Truth.Unknown : result;
        }

        Truth Meets(ProcessInfo process)
        {
            if (!inNamespace) return Of(pids.AsSpan().Contains(process.Id.Pid));
            return process.PidInNamespace == 0 || process.IsPlaceholder ? Truth.Unknown : Of(pids.AsSpan().Contains(process.PidInNamespace));
        }
    }

    /// <summary>The namespace at the last execution.</summary>
    public sealed class Namespace(NamespaceKind kind, uint[] inodes) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            if (facts.Process is not { } process) return Truth.Unknown;
            var spaces = process.Namespaces;
            var inode = MemoryMarshal.Cast<NamespaceSet, uint>(MemoryMarshal.CreateReadOnlySpan(ref spaces, 1))[(int)kind];
            return inode == 0 ? Truth.Unknown : Of(inodes.AsSpan().Contains(inode));
        }
    }

    /// <summary>The capabilities at the last execution, wherever the process is.</summary>
    public sealed class Capability(CapabilityKind set, ulong mask) : EvaluationNode
    {
        public override Truth Evaluate(in EvaluationFacts facts)
        {
            if (facts.Process is not { IsPlaceholder: false } process) return Truth.Unknown;
            var credentials = process.Credentials;
            var held = set switch { CapabilityKind.Effective => credentials.Effective, CapabilityKind.Permitted => credentials.Permitted, _ => credentials.Inheritable };
            return Of((held & mask) != 0);
        }
    }

    static bool IsIn(ulong number, bool isSigned, NumberRange[] ranges)
    {
        foreach (var range in ranges)
        {
            var isIn = isSigned
                ? (long)number >= range.First && (long)number <= range.Last
                : number >= (ulong)range.First && number <= (ulong)range.Last;
            if (isIn) return true;
        }
        return false;
    }

    /// <summary>Whether all ancestors are known up to one that has no parent.</summary>
    static bool IsLineComplete(ProcessInfo process)
    {
        var last = process;
        foreach (var ancestor in process.Ancestors) last = ancestor;
        return last.ParentId == default && !last.IsPlaceholder;
    }
}
