using System.Globalization;
using Skep.Engine.Rules;
using Skep.Tetragon.Cel;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Values;
using Skep.Yaml;

namespace Skep.Tetragon.Policies.Translation;

/// <summary>
/// Translates <c>CelExpr</c> and <c>matchCel</c>: a truth about whole numbers, of <c>argN</c> and <c>dataN</c>, where N is for the first an index as in
/// <c>matchArgs</c> and <c>matchData</c>, and for the other a place in <c>args</c> and <c>data</c>. The kernel computes in 64 bits with a sign, and sums wrap around.
/// </summary>
sealed class CelTranslator(DiagnosticBag bag)
{
    /// <summary>More steps than that are no filter, and a program has room for so many.</summary>
    const int MaxSteps = 48;

    int _steps;

    /// <summary>Null after a complaint.</summary>
    public Condition? Translate(ArgumentMatch match, Position at, HookValues values)
    {
        if (match.Values is not [var text])
        {
            bag.Error(at, "values: CelExpr takes one expression");
            return null;
        }
        return Translate(text, "values: CelExpr", values, byPlace: false);
    }

    /// <summary>An expression of <c>matchCel</c>; null after a complaint.</summary>
    public Condition? TranslateByPlace(Located<string> text, HookValues values) => Translate(text, "expr:", values, byPlace: true);

    Condition? Translate(Located<string> text, string field, HookValues values, bool byPlace)
    {
        try
        {
            return Truth(new Source(text.Value, values, byPlace), CelParser.Parse(text.Value));
        }
        catch (CelException error)
        {
            bag.Error(text.At, $"{field} {error.Message}");
            return null;
        }
    }

    Condition Truth(Source source, CelExpression expression)
    {
        Step(source, expression);
        switch (expression)
        {
            case CelLiteral { Value: bool literal }:
                return literal ? Condition.True : Condition.False;
            case CelCall { Function: CelOperator.And } and:
                return new All([.. and.Arguments.Select(a => Truth(source, a))]);
            case CelCall { Function: CelOperator.Or } or:
                return new Any([.. or.Arguments.Select(a => Truth(source, a))]);
            case CelCall { Function: CelOperator.Not } not:
                return new Not(Truth(source, not.Arguments[0]));
            case CelCall { Function: CelOperator.Equal or CelOperator.NotEqual, Arguments: [var left, var right] } equal:
                Condition same = IsTruth(left) || IsTruth(right) ? Same(Truth(source, left), Truth(source, right)) : Compare(source, left, NumberComparison.Equal, right);
                return equal.Function == CelOperator.Equal ? same : new Not(same);
            case CelCall { Function: CelOperator.Less, Arguments: [var left, var right] }:
                return Compare(source, left, NumberComparison.Less, right);
            case CelCall { Function: CelOperator.LessOrEqual, Arguments: [var left, var right] }:
                return Compare(source, left, NumberComparison.LessOrEqual, right);
            case CelCall { Function: CelOperator.Greater, Arguments: [var left, var right] }:
                return Compare(source, right, NumberComparison.Less, left);
            case CelCall { Function: CelOperator.GreaterOrEqual, Arguments: [var left, var right] }:
                return Compare(source, right, NumberComparison.LessOrEqual, left);
            default:
                throw source.At(expression, "a truth is expected here: a comparison, &&, ||, !, true or false");
        }
    }

    NumberExpression Number(Source source, CelExpression expression)
    {
        Step(source, expression);
        return expression switch
        {
            CelLiteral { Value: long number } => new ConstantNumber(number),
            CelLiteral { Value: ulong number } => new ConstantNumber((long)number),
            CelIdentifier name => new CapturedNumber(source.Find(name)),
            CelCall { Function: CelOperator.Add, Arguments: [var left, var right] } => Combine(source, NumberOperator.Add, left, right),
            CelCall { Function: CelOperator.Subtract, Arguments: [var left, var right] } => Combine(source, NumberOperator.Subtract, left, right),
            CelCall { Function: CelOperator.Negate, Arguments: [var number] } => new CombinedNumber(NumberOperator.Subtract, new ConstantNumber(0), Number(source, number)),
            CelCall { Target: null, Function: "and", Arguments: [var left, var right] } => Combine(source, NumberOperator.And, left, right),
            CelCall { Target: null, Function: "or", Arguments: [var left, var right] } => Combine(source, NumberOperator.Or, left, right),
            CelCall { Target: null, Function: "xor", Arguments: [var left, var right] } => Combine(source, NumberOperator.Xor, left, right),
            CelCall { Target: null, Function: "not", Arguments: [var number] } => new CombinedNumber(NumberOperator.Xor, Number(source, number), new ConstantNumber(-1)),
            CelCall { Target: null, Function: "int32", Arguments: [var number] } => new NarrowedNumber(Number(source, number), IsSigned: true),
            CelCall { Target: null, Function: "uint32", Arguments: [var number] } => new NarrowedNumber(Number(source, number), IsSigned: false),
            _ => throw source.At(expression, "a whole number is expected here: argN, dataN, a constant, + - and() or() xor() not() int32() uint32()"),
        };
    }

    ComparisonCondition Compare(Source source, CelExpression left, NumberComparison comparison, CelExpression right) => new(Number(source, left), comparison, Number(source, right));

    CombinedNumber Combine(Source source, NumberOperator how, CelExpression left, CelExpression right) => new(how, Number(source, left), Number(source, right));

    static Any Same(Condition left, Condition right) => new([new All([left, right]), new All([new Not(left), new Not(right)])]);

    static bool IsTruth(CelExpression expression) => expression is CelLiteral { Value: bool } or CelCall
    {
        Function: CelOperator.And or CelOperator.Or or CelOperator.Not or CelOperator.Equal or CelOperator.NotEqual or CelOperator.Less or CelOperator.LessOrEqual or CelOperator.Greater
            or CelOperator.GreaterOrEqual,
    };

    void Step(Source source, CelExpression expression)
    {
        if (++_steps > MaxSteps) throw source.At(expression, $"the expression is longer than {MaxSteps} steps");
    }

    /// <summary>The expression's text, and what its names mean.</summary>
    readonly record struct Source(string Text, HookValues Values, bool ByPlace)
    {
        public CelException At(CelExpression expression, string message) => CelException.At(Text, expression.Offset, message);

        /// <summary>The place of the value that a name means.</summary>
        public int Find(CelIdentifier name)
        {
            var isData = name.Name.StartsWith("data", StringComparison.Ordinal);
            if ((!isData && !name.Name.StartsWith("arg", StringComparison.Ordinal)) || !uint.TryParse(name.Name.AsSpan(isData ? 4 : 3), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                throw At(name, $"no name {Spelling.Quote(name.Name)}: argN and dataN are known");
            }
            var place = isData ? Values.FindData(index) : ByPlace ? Values.ArgumentAt(index) : Values.FindArgument(index);
            if (place < 0) throw At(name, isData ? $"there is no entry {index} of data" : ByPlace ? $"there is no entry {index} of args" : $"no entry of args has index {index}");
            var kind = Values.Specs[place].Kind;
            if (TypeNames.NumberOf(kind).Bits == 0 || kind == ValueKind.Capability || TypeNames.IsCapabilitySet(kind)) throw At(name, $"{name.Name} is of type {Values.TypeOf(place)}, which is no whole number");
            return place;
        }
    }
}
