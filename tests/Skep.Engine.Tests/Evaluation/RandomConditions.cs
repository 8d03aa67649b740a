using System.Net;
using Skep.Engine.Rules;

namespace Skep.Engine.Tests.Evaluation;

/// <summary>Conditions of all kinds over the values of a <see cref="RandomEvent"/>.</summary>
sealed class RandomConditions(Random random, bool allowLeftOut)
{
    public Condition Next(int depth)
    {
        switch (depth == 0 ? 9 : random.Next(10))
        {
            case 0 or 1 or 2: return new All(Parts(depth));
            case 3 or 4 or 5: return new Any(Parts(depth));
            case 6 or 7: return new Not(Next(depth - 1));
            default: return Atom();
        }
    }

    Condition[] Parts(int depth) => [.. Enumerable.Range(0, random.Next(random.Next(8) == 0 ? 1 : 4)).Select(_ => Next(depth - 1))];

    Condition Atom()
    {
        switch (random.Next(20))
        {
            case 18 or 19: return new ComparisonCondition(Number(3), (NumberComparison)random.Next(3), Number(2));
            case 0 or 1 or 2: return new ValueCondition(random.Next(RandomEvent.Numbers), new NumberPredicate(Ranges()));
            case 3: return new ValueCondition(random.Next(RandomEvent.Numbers), new MaskPredicate([RandomEvent.Mask(random), (ulong)random.Next(4)]));
            case 4 or 5 or 6: return new ValueCondition(RandomEvent.FirstText + random.Next(3), new TextPredicate(RandomTexts.Patterns(random, allowLeftOut)));
            case 7: return new ValueCondition(RandomEvent.FirstText + 1, new FileTypePredicate([random.Next(2) == 0 ? 0x8000u : 0x4000u]));
            case 8: return new ValueCondition(RandomEvent.NewSet, new GainedCapabilitiesPredicate(RandomEvent.OldSet, RandomEvent.Mask(random)));
            case 9 or 10: return new ValueCondition(SocketValue(), new AddressPredicate(Side(), Networks()));
            case 11: return new ValueCondition(SocketValue(), new PortPredicate(Side(), PortRanges()));
            case 12:
                var field = (SocketField)random.Next(3);
                return new ValueCondition(field switch { SocketField.Family => SocketValue(), SocketField.Protocol => random.Next(2) == 0 ? RandomEvent.Socket : RandomEvent.Packet, _ => RandomEvent.Socket },
                    new SocketFieldPredicate(field, random.Next(2) == 0 ? [2, 6] : [10, 17, 65536 + 2]));
            case 13 or 14: return new ExecutableCondition(RandomTexts.Patterns(random, allowLeftOut), (ProcessRelation)random.Next(4));
            case 15: return random.Next(3) switch
            {
                0 => new PidCondition([(uint)random.Next(1, 6)], InNamespace: true, WithDescendants: false),
                1 => new PidCondition([(uint)random.Next(1, 6), uint.MaxValue], InNamespace: false, WithDescendants: false),
                _ => new PidCondition([(uint)random.Next(1, 6)], InNamespace: false, WithDescendants: true),
            };
            case 16: return random.Next(2) == 0
                ? new NamespaceCondition((NamespaceKind)random.Next(RandomEvent.NamespaceKinds), [(uint)random.Next(1, 4), uint.MaxValue])
                : new CapabilityCondition((CapabilityKind)random.Next(3), RandomEvent.Mask(random), random.Next(4) == 0);
            default: return random.Next(3) switch
            {
                0 => new NamespaceChangeCondition([NamespaceKind.Uts]),
                1 => new CapabilityChangeCondition(CapabilityKind.Effective, 1, random.Next(2) == 0),
                _ => new WorkloadCondition(new Workload("", null, null, IncludesHost: true)),
            };
        }
    }

    NumberExpression Number(int depth) => (depth == 0 ? random.Next(4) : random.Next(8)) switch
    {
        0 => new ConstantNumber(RandomEvent.Border(random)),
        1 or 2 or 3 => new CapturedNumber(random.Next(RandomEvent.Numbers)),
        4 => new NarrowedNumber(Number(depth - 1), random.Next(2) == 0),
        _ => new CombinedNumber((NumberOperator)random.Next(5), Number(depth - 1), Number(depth - 1)),
    };

    NumberRange[] Ranges() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
    {
        var (first, last) = (RandomEvent.Border(random), RandomEvent.Border(random));
        return random.Next(2) == 0 ? new NumberRange(first, first) : new NumberRange(first, last);
    })];

    NumberRange[] PortRanges() => [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ =>
    {
        var first = RandomEvent.Port(random);
        return new NumberRange(first, random.Next(2) == 0 ? first : random.Next(first, 70000));
    })];

    /// <summary>Now and then so many that a table decides.</summary>
    IPNetwork[] Networks() => [.. Enumerable.Range(0, random.Next(6) == 0 ? random.Next(17, 24) : random.Next(1, 4)).Select(_ =>
    {
        var isIPv6 = random.Next(2) == 0;
        var address = RandomEvent.AddressOf(random, isIPv6);
        var length = random.Next(5) switch { 0 => 0, 1 => isIPv6 ? 128 : 32, 2 => isIPv6 ? 64 : 8, _ => random.Next((isIPv6 ? 128 : 32) + 1) };
        for (var bit = length; bit < 128; bit++) address[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(isIPv6 ? address : address[..4]), length);
    })];

    int SocketValue() => RandomEvent.Socket + random.Next(3);

    SocketSide Side() => (SocketSide)random.Next(2);
}
