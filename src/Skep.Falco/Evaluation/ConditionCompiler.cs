using System.Globalization;
using Skep.Engine.Evaluation;
using Skep.Engine.Matching;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;

namespace Skep.Falco.Evaluation;

/// <summary>Makes resolved conditions ready for events, and says where an operator, a field and a constant do not go together.</summary>
static class ConditionCompiler
{
    /// <exception cref="ConditionException">It is wrong.</exception>
    public static EvaluationNode Compile(ConditionNode node)
    {
        try
        {
            return node switch
            {
                ConditionNode.And and => EvaluationNode.All([.. and.Parts.Select(Compile)]),
                ConditionNode.Or or => EvaluationNode.Any([.. or.Parts.Select(Compile)]),
                ConditionNode.Not not => EvaluationNode.Negate(Compile(not.Inner)),
                ConditionNode.Exists exists => new EvaluationNode.Presence(OperandCompiler.Compile(exists.Left, OperandUse.Filter)),
                ConditionNode.Check check => Compile(check),
                ConditionNode.Macro macro => throw new ConditionException(macro.At, $"Undefined macro '{macro.Name}' used in filter."),
                _ => throw new ArgumentOutOfRangeException(nameof(node)),
            };
        }
        catch (PatternSyntaxException e)
        {
            throw new ConditionException(node.At, $"invalid regular expression: {e.Message}");
        }
        // An expression of thousands of repeats is refused by the library.
        catch (NotSupportedException e)
        {
            throw new ConditionException(node.At, $"regular expression too large: {e.Message}");
        }
    }

    static EvaluationNode Compile(ConditionNode.Check check)
    {
        var left = OperandCompiler.Compile(check.Left, OperandUse.Filter);
        var isList = left.Field?.Field.Is(FieldTraits.List) == true && left.HasSeveral;
        if (!Supports(check.Operator, left.Type, isList))
            throw new ConditionException(check.At, $"'{check.Word}' operator not supported for {NameOf(left.Type, isList)} filters");
        if (check.Modifier != FalcoModifier.None && !ValueComparison.IsText(left.Type))
            throw new ConditionException(check.At, $"modifiers are not supported for {NameOf(left.Type, isList)} filters");
        if (check.Right is ValueNode.Transformed right) return Compare(check, left, right);
        if (EventTypes.TryOf(check, out var types)) return new EvaluationNode.TypeIn(types);
        if (EventTypes.CountOfEvents(check) is { } always) return new EvaluationNode.Constant(always);
        // Falco has no events of a call's beginning any more: what is left is the end.
        if (check.Left is ValueNode.Field { Name: "evt.dir" } && check.Right is ValueNode.Text { Value: "<" or ">" } direction && check.Operator is FalcoOperator.Equal or FalcoOperator.NotEqual)
            return new EvaluationNode.Constant(direction.Value == "<" == (check.Operator == FalcoOperator.Equal));
        var test = Test(check, left.Type);
        if (!left.HasSeveral) return new EvaluationNode.One(left, test);
        var ends = left.Field?.Field.Is(FieldTraits.Ends) == true;
        return new EvaluationNode.Several(left, test, all: ends ? check.Operator == FalcoOperator.NotEqual : isList && check.Operator == FalcoOperator.In);
    }

    static EvaluationNode.Compare Compare(ConditionNode.Check check, Operand left, ValueNode.Transformed right)
    {
        var other = OperandCompiler.Compile(right, OperandUse.Right);
        if (check.Operator is FalcoOperator.Regex or FalcoOperator.PathMatch or FalcoOperator.Glob or FalcoOperator.GlobIgnoringCase or FalcoOperator.ContainsBytes or FalcoOperator.StartsWithBytes)
            throw new ConditionException(right.At, $"'{check.Word}' operator does not support a field on its right side");
        if (left.Field?.Field.Is(FieldTraits.LeftOnly) == true && left.Field.HasSeveral && !left.Field.Field.Is(FieldTraits.List))
            throw new ConditionException(check.At, $"field '{left.Field}' cannot be compared with another field");
        var fits = left.Type == other.Type || (ValueComparison.IsText(left.Type) && ValueComparison.IsText(other.Type))
            || (ValueComparison.IsNumber(left.Type) && ValueComparison.IsNumber(other.Type) && left.Type != FieldType.Double && other.Type != FieldType.Double && ValueComparison.IsSigned(left.Type) == ValueComparison.IsSigned(other.Type));
        if (!fits) throw new ConditionException(right.At, $"left and right side of '{check.Word}' have different types: {NameOf(left.Type, false)} and {NameOf(other.Type, false)}");
        if (other.HasSeveral && !FalcoOperators.IsList(check.Operator))
            throw new ConditionException(right.At, $"'{check.Word}' operator does not support a list on its right side");
        return new(left, other, check.Operator);
    }

    static bool Supports(FalcoOperator comparison, FieldType type, bool isList)
    {
        if (isList) return comparison is FalcoOperator.In or FalcoOperator.Intersects;
        var equality = comparison is FalcoOperator.Equal or FalcoOperator.NotEqual or FalcoOperator.In or FalcoOperator.Intersects;
        return type switch
        {
            FieldType.Text => comparison is not (FalcoOperator.ContainsBytes or FalcoOperator.StartsWithBytes),
            FieldType.Bytes => comparison is FalcoOperator.Equal or FalcoOperator.NotEqual or FalcoOperator.Contains or FalcoOperator.In or FalcoOperator.StartsWith
                or FalcoOperator.EndsWith or FalcoOperator.Intersects or FalcoOperator.ContainsBytes or FalcoOperator.StartsWithBytes,
            FieldType.Bool or FieldType.Address or FieldType.Network => equality,
            _ => equality || comparison is FalcoOperator.Less or FalcoOperator.LessOrEqual or FalcoOperator.Greater or FalcoOperator.GreaterOrEqual,
        };
    }

    static string NameOf(FieldType type, bool isList) => isList ? "list" : type switch
    {
        FieldType.Text => "string",
        FieldType.Bytes => "buffer",
        FieldType.Bool => "boolean",
        FieldType.Address => "IP address",
        FieldType.Network => "IP network",
        _ => "numeric",
    };

    static ValueTest Test(ConditionNode.Check check, FieldType type)
    {
        var items = check.Right is ValueNode.List list ? list.Items : [(ValueNode.Text)check.Right];
        if (check.Modifier != FalcoModifier.None) return new ValueTest.Count([.. items.Select(i => Test(check, type, i))], check.Modifier);
        if (!FalcoOperators.IsList(check.Operator)) return Test(check, type, items[0]);
        return type switch
        {
            _ when check.Operator == FalcoOperator.PathMatch => new ValueTest.Paths(new(items.Select(i => FalcoText.ToBytes(i.Value)))),
            FieldType.Text or FieldType.Bytes => new ValueTest.TextSet(items.Select(i => FalcoText.ToBytes(i.Value))),
            FieldType.Address or FieldType.Network => new ValueTest.Networks([.. items.Select(i => Range(i, type))]),
            _ => new ValueTest.NumberSet([.. items.Select(i => Number(i, type))]),
        };
    }

    static ValueTest Test(ConditionNode.Check check, FieldType type, ValueNode.Text constant)
    {
        if (check.Operator == FalcoOperator.NotEqual) return new ValueTest.Not(Equal(type, constant));
        if (check.Operator == FalcoOperator.Equal) return Equal(type, constant);
        var bytes = FalcoText.ToBytes(constant.Value);
        return check.Operator switch
        {
            _ when !ValueComparison.IsText(type) => new ValueTest.Number(check.Operator, type, Number(constant, type)),
            FalcoOperator.Glob => new ValueTest.Pattern(new(new(TextOperator.Glob, bytes))),
            FalcoOperator.GlobIgnoringCase => new ValueTest.PatternIgnoringCase(new(new(TextOperator.Glob, [.. bytes.Select(ValueComparison.Lower)]))),
            FalcoOperator.Regex => new ValueTest.Pattern(Regex(bytes)),
            FalcoOperator.ContainsBytes => new ValueTest.Text(FalcoOperator.Contains, Hex(constant)),
            FalcoOperator.StartsWithBytes => new ValueTest.Text(FalcoOperator.StartsWith, Hex(constant)),
            _ => new ValueTest.Text(check.Operator, bytes),
        };
    }

    static ValueTest Equal(FieldType type, ValueNode.Text constant) => type switch
    {
        FieldType.Text or FieldType.Bytes => new ValueTest.Text(FalcoOperator.Equal, FalcoText.ToBytes(constant.Value)),
        FieldType.Address or FieldType.Network => new ValueTest.Networks([Range(constant, type)]),
        _ => new ValueTest.Number(FalcoOperator.Equal, type, Number(constant, type)),
    };

    // The whole text has to match. The parse by itself keeps an unbalanced parenthesis from meeting ours.
    static ByteRegex Regex(byte[] pattern)
    {
        if (new TextPattern(TextOperator.Regex, pattern).FindError() is { } error) throw new PatternSyntaxException(error, 0);
        return new(new(TextOperator.Regex, [.. "\\A(?:"u8, .. pattern, .. ")\\z"u8]));
    }

    static byte[] Hex(ValueNode.Text constant)
    {
        try
        {
            return Convert.FromHexString(constant.Value);
        }
        catch (FormatException)
        {
            throw new ConditionException(constant.At, $"'{constant.Value}' is not a string of hexadecimal digits");
        }
    }

    static AddressRange Range(ValueNode.Text constant, FieldType type)
    {
        if (type == FieldType.Network)
            return AddressRange.TryParseNetwork(constant.Value, out var network) ? network : throw new ConditionException(constant.At, $"unrecognized IP network {constant.Value}");
        return AddressRange.TryParseAddress(constant.Value, out var address) ? address : throw new ConditionException(constant.At, $"unrecognized IP address {constant.Value}");
    }

    static ulong Number(ValueNode.Text constant, FieldType type)
    {
        var text = constant.Value;
        if (type == FieldType.Bool)
            return text switch { "true" => 1, "false" => 0, _ => throw new ConditionException(constant.At, $"'{text}' is not a boolean: expected true or false") };
        if (TryNumber(text, out var number) && InRange(number, type)) return type == FieldType.Double ? BitConverter.DoubleToUInt64Bits((double)number) : (ulong)number;
        if (type == FieldType.Port && ServiceNames.TryGetPort(text, out var port)) return port;
        throw new ConditionException(constant.At, $"'{text}' is not a valid number for a field of type {type}");
    }

    // What the grammar calls a number may have a fraction and an exponent; only the whole part counts.
    static bool TryNumber(string text, out Int128 number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            var isHex = ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits);
            number = bits;
            return isHex;
        }
        var rest = text.AsSpan();
        var whole = rest.IndexOfAny(".eE");
        if (whole > 0 && double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) rest = rest[..whole];
        number = default;
        return rest.Length < 30 && Int128.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    static bool InRange(Int128 number, FieldType type) => type switch
    {
        FieldType.Int16 => number >= short.MinValue && number <= short.MaxValue,
        FieldType.Int32 => number >= int.MinValue && number <= int.MaxValue,
        FieldType.UInt8 => number >= 0 && number <= byte.MaxValue,
        FieldType.UInt16 or FieldType.Port => number >= 0 && number <= ushort.MaxValue,
        FieldType.UInt32 => number >= 0 && number <= uint.MaxValue,
        FieldType.UInt64 or FieldType.Time or FieldType.Duration => number >= 0 && number <= ulong.MaxValue,
        _ => number >= long.MinValue && number <= long.MaxValue,
    };
}
