using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>
/// What a branch asks. <c>&amp;</c> and <c>|</c> are evaluated from left to right and stop early, but their operands have been computed by the time the
/// condition is built.
/// </summary>
public sealed class Condition
{
    readonly Kind _kind;
    readonly Condition? _first, _second;

    Condition(Kind kind, Condition? first = null, Condition? second = null) => (_kind, _first, _second) = (kind, first, second);

    enum Kind : byte
    {
        Compare,
        And,
        Or,
        Not,
    }

    Comparison Comparison { get; init; }

    Value Left { get; init; }

    Value Right { get; init; }

    /// <summary>Both hold.</summary>
    public static Condition operator &(Condition left, Condition right) => new(Kind.And, left, right);

    /// <summary>One of both holds.</summary>
    public static Condition operator |(Condition left, Condition right) => new(Kind.Or, left, right);

    /// <summary>The opposite.</summary>
    public static Condition operator !(Condition condition) => new(Kind.Not, condition);

    internal static Condition Compare(Comparison comparison, Value left, Value right) => left.IsConstant && !right.IsConstant
        ? new Condition(Kind.Compare) { Comparison = Mirrored(comparison), Left = right, Right = left }
        : new Condition(Kind.Compare) { Comparison = comparison, Left = left, Right = right };

    internal void JumpWhen(CodeBuilder code, bool holds, Label target)
    {
        switch (_kind)
        {
            case Kind.Not:
                _first!.JumpWhen(code, !holds, target);
                break;
            case Kind.Compare when !holds && Comparison == Comparison.AnyBitSet:
                var set = code.NewLabel();
                code.Branch(Comparison, Left, Right, set);
                code.Goto(target);
                code.Bind(set);
                break;
            case Kind.Compare:
                code.Branch(holds ? Comparison : Opposite(Comparison), Left, Right, target);
                break;
            default:
                // "and holds" and "or fails" need both parts; the other two are decided by either part.
                if (_kind == Kind.And == holds)
                {
                    var otherwise = code.NewLabel();
                    _first!.JumpWhen(code, !holds, otherwise);
                    _second!.JumpWhen(code, holds, target);
                    code.Bind(otherwise);
                }
                else
                {
                    _first!.JumpWhen(code, holds, target);
                    _second!.JumpWhen(code, holds, target);
                }
                break;
        }
    }

    static Comparison Opposite(Comparison comparison) => comparison switch
    {
        Comparison.Equal => Comparison.NotEqual,
        Comparison.NotEqual => Comparison.Equal,
        Comparison.Less => Comparison.GreaterOrEqual,
        Comparison.GreaterOrEqual => Comparison.Less,
        Comparison.Greater => Comparison.LessOrEqual,
        Comparison.LessOrEqual => Comparison.Greater,
        Comparison.SignedLess => Comparison.SignedGreaterOrEqual,
        Comparison.SignedGreaterOrEqual => Comparison.SignedLess,
        Comparison.SignedGreater => Comparison.SignedLessOrEqual,
        _ => Comparison.SignedGreater,
    };

    static Comparison Mirrored(Comparison comparison) => comparison switch
    {
        Comparison.Less => Comparison.Greater,
        Comparison.Greater => Comparison.Less,
        Comparison.LessOrEqual => Comparison.GreaterOrEqual,
        Comparison.GreaterOrEqual => Comparison.LessOrEqual,
        Comparison.SignedLess => Comparison.SignedGreater,
        Comparison.SignedGreater => Comparison.SignedLess,
        Comparison.SignedLessOrEqual => Comparison.SignedGreaterOrEqual,
        Comparison.SignedGreaterOrEqual => Comparison.SignedLessOrEqual,
        _ => comparison,
    };
}
