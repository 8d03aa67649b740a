using System.Numerics;
using Skep.Engine.Compilation;
using Skep.Engine.Evaluation;
using Skep.Engine.Matching;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Runtime;

/// <summary>Finds a family's members by the text, number or address that the kernel matched.</summary>
sealed class FamilyMatcher
{
    readonly TextEvaluator? _texts;
    readonly NumberSet? _numbers;
    readonly AddressSet? _networks;
    readonly int[] _rules;
    readonly ulong[] _bits;
    readonly int[] _found;
    readonly int _place = -1;
    readonly ValueKind _kind;
    readonly SocketSide _side;
    readonly bool _isPort;

    public FamilyMatcher(RuleFamily family)
    {
        _rules = [.. family.Members.Select(m => m.FirstRule)];
        _bits = new ulong[(_rules.Length + 63) / 64];
        _found = new int[_rules.Length];
        if (family.Holes[0] is ExecutableCondition)
        {
            _texts = Texts(hole => ((ExecutableCondition)hole).Patterns);
            return;
        }
        var value = (ValueCondition)family.Holes[0];
        _place = family.Members[0].Values[value.Value];
        _kind = family.Members[0].Request.Values[value.Value].Kind;
        switch (value.Predicate)
        {
            case PortPredicate port:
                (_isPort, _side) = (true, port.Side);
                _numbers = Numbers(predicate => ((PortPredicate)predicate).Ranges, isSigned: false);
                break;
            case NumberPredicate:
                _numbers = Numbers(predicate => ((NumberPredicate)predicate).Ranges, Captures.IsSigned(_kind));
                break;
            case AddressPredicate address:
                _side = address.Side;
                _networks = new AddressSet(family.Holes.SelectMany((hole, number) => ((AddressPredicate)((ValueCondition)hole).Predicate).Networks.Select(n => new NumberedNetwork(number, n))));
                break;
            default:
                _texts = Texts(hole => ((TextPredicate)((ValueCondition)hole).Predicate).Patterns);
                break;
        }

        TextEvaluator Texts(Func<Condition, IReadOnlyList<TextPattern>> patternsOf) =>
            new(family.Holes.SelectMany((hole, number) => patternsOf(hole).Select(pattern => new NumberedPattern(number, pattern))));

        NumberSet Numbers(Func<Predicate, IReadOnlyList<NumberRange>> rangesOf, bool isSigned) =>
            new(family.Holes.SelectMany((hole, number) => rangesOf(((ValueCondition)hole).Predicate).SelectMany(range => Captures.RangesOf(number, range, isSigned))));
    }

    /// <summary>The rules of the members that a record is for; valid until the next call.</summary>
    public ReadOnlySpan<int> Find(in HookRecord record, ProcessInfo process)
    {
        Array.Clear(_bits);
        if (!Evaluate(record, process)) return default;
        var count = 0;
        for (var word = 0; word < _bits.Length; word++)
        {
            for (var rest = _bits[word]; rest != 0; rest &= rest - 1) _found[count++] = _rules[word * 64 + BitOperations.TrailingZeroCount(rest)];
        }
        return _found.AsSpan(0, count);
    }

    bool Evaluate(in HookRecord record, ProcessInfo process)
    {
        if (_place >= 0 && !record.IsCaptured(_place)) return false;
        if (_texts is not null)
        {
            ReadOnlySpan<byte> text = process.Executable.Span;
            if (_place >= 0 && !RecordText.TryGet(record, _place, _kind, out text)) return false;
            _texts.Evaluate(text, _bits);
            return true;
        }
        if (_numbers is not null)
        {
            var number = 0UL;
            if (_isPort && !TryReadPort(record, out number)) return false;
            _numbers.Rows.Collect(_numbers.Run(_isPort ? number : record.NumberAt(_place)), _bits);
            return true;
        }
        if (!TryReadAddress(record, out var family, out var address)) return false;
        _networks!.Rows.Collect(_networks.Run(family, address.V6), _bits);
        return true;
    }

    bool TryReadPort(in HookRecord record, out ulong port)
    {
        port = 0;
        switch (_kind)
        {
            case ValueKind.SocketAddress when record.TryGetValue(_place, out SocketAddressValue address):
                port = address.Port;
                return true;
            case ValueKind.Skb when record.TryGetValue(_place, out SkbValue packet):
                port = _side == SocketSide.Source ? packet.SourcePort : packet.DestinationPort;
                return true;
            case ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket when record.TryGetValue(_place, out SocketValue socket):
                port = _side == SocketSide.Source ? socket.SourcePort : socket.DestinationPort;
                return true;
            default:
                return false;
        }
    }

    bool TryReadAddress(in HookRecord record, out ushort family, out AddressBytes bytes)
    {
        (family, bytes) = (0, default);
        switch (_kind)
        {
            case ValueKind.SocketAddress when record.TryGetValue(_place, out SocketAddressValue address):
                (family, bytes) = (address.Family, address.Address);
                return true;
            case ValueKind.Skb when record.TryGetValue(_place, out SkbValue packet):
                (family, bytes) = (packet.Family, _side == SocketSide.Source ? packet.Source : packet.Destination);
                return true;
            case ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket when record.TryGetValue(_place, out SocketValue socket):
                (family, bytes) = (socket.Family, _side == SocketSide.Source ? socket.Source : socket.Destination);
                return true;
            default:
                return false;
        }
    }
}
