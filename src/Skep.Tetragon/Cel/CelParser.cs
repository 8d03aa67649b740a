
namespace Skep.Tetragon.Cel;

/// <summary>Parses the Common Expression Language (github.com/google/cel-spec) and expands its macros.</summary>
public sealed class CelParser
{
    /// <summary>The longest expression, in UTF-16 units.</summary>
    public const int MaxLength = 1 << 15;

    const int MaxDepth = 60, MaxTokens = 8000;

    static readonly HashSet<string> s_reserved = ["as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while", "in"];

    readonly string _text;
    readonly List<CelToken> _tokens;
    int _at, _depth;

    CelParser(string text) => (_text, _tokens) = (text, new CelLexer(text).Tokens());

    /// <summary>Parses an expression.</summary>
    /// <exception cref="CelException">It is none.</exception>
    public static CelExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength) throw CelException.At(text, MaxLength, $"an expression has at most {MaxLength} characters");
        var parser = new CelParser(text);
        if (parser._tokens.Count > MaxTokens) throw CelException.At(text, parser._tokens[MaxTokens].Offset, "the expression is too large");
        var expression = parser.Conditional();
        return parser.Current.Kind == CelTokenKind.End ? expression : throw parser.Unexpected("an operator");
    }

    CelToken Current => _tokens[_at];

    CelExpression Conditional()
    {
        if (++_depth > MaxDepth) throw Error(Current.Offset, "the expression is nested too deeply");
        var condition = Chain(CelOperator.Or, "||", () => Chain(CelOperator.And, "&&", Relation));
        if (Current is { Kind: CelTokenKind.Sign, Text: "?" } sign)
        {
            _at++;
            var holds = Conditional();
            Expect(":");
            condition = new CelCall(sign.Offset, CelOperator.Conditional, null, [condition, holds, Conditional()]);
        }
        _depth--;
        return condition;
    }

    /// <summary>Any number of operands is one call: long chains do not nest.</summary>
    CelExpression Chain(string function, string sign, Func<CelExpression> operand)
    {
        var first = operand();
        if (!Is(sign)) return first;
        var offset = Current.Offset;
        var operands = new List<CelExpression> { first };
        while (TryTake(sign)) operands.Add(operand());
        return new CelCall(offset, function, null, operands);
    }

    CelExpression Relation() => LeftToRight(Sum, token => token switch
    {
        { Kind: CelTokenKind.Sign, Text: "==" } => CelOperator.Equal,
        { Kind: CelTokenKind.Sign, Text: "!=" } => CelOperator.NotEqual,
        { Kind: CelTokenKind.Sign, Text: "<" } => CelOperator.Less,
        { Kind: CelTokenKind.Sign, Text: "<=" } => CelOperator.LessOrEqual,
        { Kind: CelTokenKind.Sign, Text: ">" } => CelOperator.Greater,
        { Kind: CelTokenKind.Sign, Text: ">=" } => CelOperator.GreaterOrEqual,
        { Kind: CelTokenKind.Identifier, Text: "in" } => CelOperator.In,
        _ => null,
    });

    CelExpression Sum() => LeftToRight(Product, token => token switch
    {
        { Kind: CelTokenKind.Sign, Text: "+" } => CelOperator.Add,
        { Kind: CelTokenKind.Sign, Text: "-" } => CelOperator.Subtract,
        _ => null,
    });

    CelExpression Product() => LeftToRight(Unary, token => token switch
    {
        { Kind: CelTokenKind.Sign, Text: "*" } => CelOperator.Multiply,
        { Kind: CelTokenKind.Sign, Text: "/" } => CelOperator.Divide,
        { Kind: CelTokenKind.Sign, Text: "%" } => CelOperator.Remainder,
        _ => null,
    });

    CelExpression LeftToRight(Func<CelExpression> operand, Func<CelToken, string?> functionOf)
    {
        const int MaxChain = 200;
        var left = operand();
        for (var length = 0; functionOf(Current) is { } function; length++)
        {
            var offset = _tokens[_at++].Offset;
            if (length == MaxChain) throw Error(offset, "the expression is nested too deeply");
            left = new CelCall(offset, function, null, [left, operand()]);
        }
        return left;
    }

    CelExpression Unary()
    {
        var start = Current;
        if (TryTake("!"))
        {
            // Two of them are none.
            var isOdd = true;
            while (TryTake("!")) isOdd = !isOdd;
            var operand = Member();
            return isOdd ? new CelCall(start.Offset, CelOperator.Not, null, [operand]) : operand;
        }
        if (!TryTake("-")) return Member();
        if (Current.IsNumber) return Member();
        var isNegative = true;
        while (TryTake("-"))
        {
            if (Current.IsNumber) return isNegative ? new CelCall(start.Offset, CelOperator.Negate, null, [Member()]) : Member();
            isNegative = !isNegative;
        }
        var value = Member();
        return isNegative ? new CelCall(start.Offset, CelOperator.Negate, null, [value]) : value;
    }

    CelExpression Member()
    {
        const int MaxChain = 200;
        var operand = Primary();
        for (var length = 0; ; length++)
        {
            var sign = Current;
            if (length == MaxChain) throw Error(sign.Offset, "the expression is nested too deeply");
            if (TryTake("."))
            {
                var name = Current;
                if (name is not { Kind: CelTokenKind.Identifier } and not { Kind: CelTokenKind.Literal, Value: bool or null }) throw Unexpected("a name");
                _at++;
                operand = Is("(") ? Call(name, operand) : new CelSelection(sign.Offset, operand, name.Text);
            }
            else if (TryTake("["))
            {
                operand = new CelCall(sign.Offset, CelOperator.Index, null, [operand, Conditional()]);
                Expect("]");
            }
            else
            {
                return Is("{") && operand is CelIdentifier or CelSelection ? throw Error(sign.Offset, "messages cannot be made in filters") : operand;
            }
        }
    }

    CelExpression Primary()
    {
        var token = Current;
        switch (token)
        {
            case { Kind: CelTokenKind.Literal }:
                _at++;
                return new CelLiteral(token.Offset, token.Value);
            case { Kind: CelTokenKind.Sign, Text: "(" }:
                _at++;
                var inner = Conditional();
                Expect(")");
                return inner;
            case { Kind: CelTokenKind.Sign, Text: "[" }:
                _at++;
                return new CelList(token.Offset, List("]"));
            case { Kind: CelTokenKind.Sign, Text: "{" }:
                return Map();
            case { Kind: CelTokenKind.Sign, Text: "." }:
                _at++;
                if (Current.Kind != CelTokenKind.Identifier) throw Unexpected("a name");
                return Name("." + Current.Text);
            case { Kind: CelTokenKind.Identifier }:
                return Name(token.Text);
            default:
                throw Unexpected("a value");
        }
    }

    CelExpression Name(string name)
    {
        var token = _tokens[_at];
        if (s_reserved.Contains(token.Text)) throw Error(token.Offset, $"{token.Text} is a reserved word");
        _at++;
        return Is("(") ? Call(token with { Text = name }, null) : new CelIdentifier(token.Offset, name);
    }

    CelExpression Call(CelToken name, CelExpression? target)
    {
        Expect("(");
        var arguments = List(")");
        if (target is null) return name.Text == "has" ? Has(name, arguments) : new CelCall(name.Offset, name.Text, null, arguments);
        return (name.Text, arguments.Count) switch
        {
            ("all", 2) => Macro(name, CelMacroKind.All, target, arguments),
            ("exists", 2) => Macro(name, CelMacroKind.Exists, target, arguments),
            ("exists_one" or "existsOne", 2) => Macro(name, CelMacroKind.ExistsOne, target, arguments),
            ("filter", 2) => Macro(name, CelMacroKind.Filter, target, arguments),
            ("map", 2 or 3) => Macro(name, CelMacroKind.Map, target, arguments),
            _ => new CelCall(name.Offset, name.Text, target, arguments),
        };
    }

    CelSelection Has(CelToken name, List<CelExpression> arguments) =>
        arguments is [CelSelection { IsTest: false } selection] ? selection with { IsTest = true } : throw Error(name.Offset, "has() takes a member of something: has(a.b)");

    CelMacro Macro(CelToken name, CelMacroKind kind, CelExpression range, List<CelExpression> arguments)
    {
        if (arguments[0] is not CelIdentifier { Name: [not '.', ..] } variable) throw Error(arguments[0].Offset, $"{name.Text}() takes the name of a variable first");
        var condition = kind != CelMacroKind.Map || arguments.Count == 3 ? arguments[1] : null;
        return new CelMacro(name.Offset, kind, range, variable.Name, condition, kind == CelMacroKind.Map ? arguments[^1] : null);
    }

    List<CelExpression> List(string closing)
    {
        var elements = new List<CelExpression>();
        while (!TryTake(closing))
        {
            elements.Add(Conditional());
            if (!TryTake(",") && !Is(closing)) throw Unexpected($"a comma or {closing}");
        }
        return elements;
    }

    CelMap Map()
    {
        var offset = _tokens[_at++].Offset;
        var entries = new List<KeyValuePair<CelExpression, CelExpression>>();
        while (!TryTake("}"))
        {
            var key = Conditional();
            Expect(":");
            entries.Add(new(key, Conditional()));
            if (!TryTake(",") && !Is("}")) throw Unexpected("a comma or }");
        }
        return new CelMap(offset, entries);
    }

    bool Is(string sign) => Current.Kind == CelTokenKind.Sign && Current.Text == sign;

    bool TryTake(string sign)
    {
        if (!Is(sign)) return false;
        _at++;
        return true;
    }

    void Expect(string sign)
    {
        if (!TryTake(sign)) throw Unexpected(sign);
    }

    CelException Unexpected(string expected) => Error(Current.Offset, $"{expected} is expected, not {(Current.Kind == CelTokenKind.End ? "the end" : Current.Text)}");

    CelException Error(int at, string message) => CelException.At(_text, at, message);
}
