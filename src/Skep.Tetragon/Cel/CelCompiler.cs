using Google.Protobuf.Reflection;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Cel;

/// <summary>Checks types and names, and makes what is evaluated.</summary>
sealed class CelCompiler(string text)
{
    const int MaxDepth = 250;

    static readonly Dictionary<string, FieldDescriptor> s_events =
        GetEventsResponse.Descriptor.Oneofs[0].Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);

    static readonly Dictionary<string, long> s_constants = Constants();

    static readonly Dictionary<string, CelTypeName> s_types =
        Enum.GetValues<CelKind>().Where(k => k is not (CelKind.Dynamic or CelKind.Message)).Select(CelType.NameOf).ToDictionary(name => name, name => new CelTypeName(name), StringComparer.Ordinal);

    readonly List<(string Name, CelType Type)> _scope = [];
    int _depth;

    /// <summary>How many variables of macros are there at once.</summary>
    public int Variables { get; private set; }

    public (CelNode Node, CelType Type) Compile(CelExpression expression)
    {
        if (++_depth > MaxDepth) throw Error(expression, "the expression is nested too deeply");
        var result = expression switch
        {
            CelLiteral literal => (new CelNode.Constant(literal.Value), new CelType(CelType.KindOf(literal.Value))),
            CelIdentifier identifier => Name(identifier.Name, identifier) ?? throw Error(identifier, $"{identifier.Name} is not known; events are called {string.Join(", ", s_events.Keys)}"),
            CelSelection selection => Selection(selection),
            CelCall call => Call(call),
            CelList list => List(list),
            CelMap map => Map(map),
            CelMacro macro => Macro(macro),
            _ => throw new InvalidOperationException($"{expression.GetType()} is no expression"),
        };
        _depth--;
        return result;
    }

    public CelException Error(CelExpression expression, string message) => CelException.At(text, expression.Offset, message);

    /// <summary>Enumerations are called by their name and package, which is the scope of all expressions.</summary>
    static Dictionary<string, long> Constants()
    {
        var constants = new Dictionary<string, long>(StringComparer.Ordinal);
        var file = GetEventsResponse.Descriptor.File;
        foreach (var type in file.Dependencies.SelectMany(f => f.Dependencies).Concat(file.Dependencies).Append(file).Distinct().Where(f => f.Package == file.Package).SelectMany(f => f.EnumTypes))
        {
            foreach (var value in type.Values)
            {
                constants[$"{type.Name}.{value.Name}"] = value.Number;
                constants[$"{type.FullName}.{value.Name}"] = value.Number;
            }
        }
        return constants;
    }

    (CelNode Node, CelType Type)? Name(string name, CelExpression expression)
    {
        _ = expression;
        var isOutermost = name.StartsWith('.');
        if (isOutermost) name = name[1..];
        for (var slot = _scope.Count - 1; slot >= 0 && !isOutermost; slot--)
        {
            if (_scope[slot].Name == name) return (new CelNode.Variable(slot), _scope[slot].Type);
        }
        if (s_events.TryGetValue(name, out var field)) return (new CelNode.Event(field), CelType.Of(field));
        if (s_constants.TryGetValue(name, out var constant)) return (new CelNode.Constant(constant), CelType.Int);
        if (s_types.TryGetValue(name, out var type)) return (new CelNode.Constant(type), new CelType(CelKind.Type));
        return null;
    }

    /// <summary>The dotted name that a chain of selections spells; null when it is none, or starts with a variable.</summary>
    string? QualifiedName(CelExpression expression) => expression switch
    {
        CelIdentifier identifier when _scope.All(v => v.Name != identifier.Name) => identifier.Name,
        CelSelection { IsTest: false } selection when QualifiedName(selection.Operand) is { } operand => $"{operand}.{selection.Field}",
        _ => null,
    };

    (CelNode, CelType) Selection(CelSelection selection)
    {
        if (!selection.IsTest && QualifiedName(selection) is { } name && Name(name, selection) is { } constant) return constant;
        var (operand, type) = Compile(selection.Operand);
        switch (type.Kind)
        {
            case CelKind.Message:
                var field = type.Message!.FindFieldByName(selection.Field)
                    ?? throw Error(selection, $"{type} has no field {selection.Field}; there are {string.Join(", ", type.Message.Fields.InDeclarationOrder().Select(f => f.Name))}");
                return (new CelNode.Field(operand, field, selection.IsTest), selection.IsTest ? CelType.Bool : CelType.Of(field));
            case CelKind.Map when type.Key!.Fits(CelKind.String):
                return (new CelNode.Member(operand, selection.Field, selection.IsTest), selection.IsTest ? CelType.Bool : type.Element!);
            case CelKind.Dynamic:
                return (new CelNode.Member(operand, selection.Field, selection.IsTest), selection.IsTest ? CelType.Bool : CelType.Dynamic);
            default:
                throw Error(selection, $"a value of type {type} has no field {selection.Field}");
        }
    }

    (CelNode, CelType) Call(CelCall call)
    {
        if (call.Target is not null && QualifiedName(call.Target) is { } space && CelFunctions.Named($"{space}.{call.Function}", isMethod: false) is { Length: > 0 } qualified)
        {
            return Function(call, $"{space}.{call.Function}", qualified, [.. call.Arguments.Select(Compile)]);
        }
        (CelNode Node, CelType Type)[] arguments = [.. (call.Target is null ? call.Arguments : call.Arguments.Prepend(call.Target)).Select(Compile)];
        switch (call.Function)
        {
            case CelOperator.And or CelOperator.Or:
                for (var i = 0; i < arguments.Length; i++) RequireBoolean(call.Arguments[i], arguments[i].Type);
                return (new CelNode.Logic([.. arguments.Select(a => a.Node)], call.Function == CelOperator.And), CelType.Bool);
            case CelOperator.Conditional:
                RequireBoolean(call.Arguments[0], arguments[0].Type);
                return (new CelNode.Conditional(arguments[0].Node, arguments[1].Node, arguments[2].Node), CelType.Join(arguments[1].Type, arguments[2].Type));
            case CelOperator.Equal or CelOperator.NotEqual:
                if (!arguments[0].Type.IsComparableTo(arguments[1].Type)) throw Mismatch(call, arguments);
                return (new CelNode.Equality(arguments[0].Node, arguments[1].Node, call.Function == CelOperator.NotEqual), CelType.Bool);
            case CelOperator.Less or CelOperator.LessOrEqual or CelOperator.Greater or CelOperator.GreaterOrEqual:
                if (!arguments[0].Type.IsComparableTo(arguments[1].Type) || arguments.Any(a => a.Type.Kind is CelKind.List or CelKind.Map or CelKind.Message or CelKind.Null or CelKind.Type or CelKind.Address or CelKind.Network))
                    throw Mismatch(call, arguments);
                return (new CelNode.Order(arguments[0].Node, arguments[1].Node, call.Function), CelType.Bool);
            case CelOperator.In:
                return In(call, arguments);
            case CelOperator.Index:
                return Index(call, arguments);
            case CelOperator.Add when arguments[0].Type.Fits(CelKind.List) && arguments[1].Type.Fits(CelKind.List):
                var element = CelType.Join(arguments[0].Type.Element, arguments[1].Type.Element ?? CelType.Dynamic);
                var isList = arguments[0].Type.Kind == CelKind.List || arguments[1].Type.Kind == CelKind.List;
                return (new CelNode.Concatenation(arguments[0].Node, arguments[1].Node, CelFunctions.Named(CelOperator.Add, isMethod: false)), isList ? new CelType(CelKind.List, element) : CelType.Dynamic);
            case "matches" when arguments.Length == 2 && arguments[1].Node is CelNode.Constant { Content: string pattern }:
                return Match(call, arguments, pattern);
        }
        var functions = CelFunctions.Named(call.Function.TrimStart('.'), call.Target is not null);
        if (functions.Length == 0)
        {
            throw Error(call, CelFunctions.Exists(call.Function) ? $"{call.Function}() is {(call.Target is null ? "a method: value." : "no method: ")}{call.Function}(…)" : $"there is no function {call.Function}()");
        }
        return Function(call, call.Function, functions, arguments);
    }

    (CelNode, CelType) Function(CelCall call, string name, CelFunction[] functions, (CelNode Node, CelType Type)[] arguments)
    {
        CelFunction[] fitting = [.. functions.Where(f => f.Parameters.Length == arguments.Length && f.Parameters.Zip(arguments).All(pair => pair.Second.Type.Fits(pair.First)))];
        if (fitting.Length == 0) throw Mismatch(call, arguments);
        var type = fitting.All(f => f.Result == fitting[0].Result) ? fitting[0].Result : CelType.Dynamic;
        return (new CelNode.Call(name, [.. arguments.Select(a => a.Node)], fitting), type);
    }

    (CelNode, CelType) Match(CelCall call, (CelNode Node, CelType Type)[] arguments, string pattern)
    {
        if (!arguments[0].Type.Fits(CelKind.String)) throw Mismatch(call, arguments);
        try
        {
            return (new CelNode.Match(arguments[0].Node, Filters.Re2.Compile(pattern)), CelType.Bool);
        }
        catch (Filters.FilterException error)
        {
            throw Error(call.Arguments[^1], error.Message);
        }
    }

    (CelNode, CelType) In(CelCall call, (CelNode Node, CelType Type)[] arguments)
    {
        var (element, container) = (arguments[0].Type, arguments[1].Type);
        var isFitting = container.Kind switch
        {
            CelKind.Dynamic => true,
            CelKind.List => element.IsComparableTo(container.Element!),
            CelKind.Map => element.IsComparableTo(container.Key!),
            _ => false,
        };
        return isFitting ? (new CelNode.In(arguments[0].Node, arguments[1].Node), CelType.Bool) : throw Mismatch(call, arguments);
    }

    (CelNode, CelType) Index(CelCall call, (CelNode Node, CelType Type)[] arguments)
    {
        var (container, index) = (arguments[0].Type, arguments[1].Type);
        var isFitting = container.Kind switch
        {
            CelKind.Dynamic => true,
            CelKind.List => index.IsNumber || index.Kind == CelKind.Dynamic,
            CelKind.Map => index.IsComparableTo(container.Key!),
            _ => false,
        };
        return isFitting ? (new CelNode.Index(arguments[0].Node, arguments[1].Node), container.Element ?? CelType.Dynamic) : throw Mismatch(call, arguments);
    }

    (CelNode, CelType) List(CelList list)
    {
        (CelNode Node, CelType Type)[] elements = [.. list.Elements.Select(Compile)];
        var type = elements.Aggregate((CelType?)null, (joined, element) => CelType.Join(joined, element.Type));
        return (new CelNode.ListOf([.. elements.Select(e => e.Node)]), new CelType(CelKind.List, type ?? CelType.Dynamic));
    }

    (CelNode, CelType) Map(CelMap map)
    {
        CelType? keys = null, values = null;
        var entries = new List<(CelNode, CelNode)>();
        foreach (var (key, value) in map.Entries)
        {
            var (keyNode, keyType) = Compile(key);
            if (keyType.Kind is not (CelKind.Dynamic or CelKind.String or CelKind.Int or CelKind.Uint or CelKind.Bool)) throw Error(key, $"a key is a text, a whole number, true or false, not {keyType}");
            var (valueNode, valueType) = Compile(value);
            (keys, values) = (CelType.Join(keys, keyType), CelType.Join(values, valueType));
            entries.Add((keyNode, valueNode));
        }
        return (new CelNode.MapOf([.. entries]), new CelType(CelKind.Map, values ?? CelType.Dynamic, keys ?? CelType.Dynamic));
    }

    (CelNode, CelType) Macro(CelMacro macro)
    {
        var (range, rangeType) = Compile(macro.Range);
        var element = rangeType.Kind switch
        {
            CelKind.List => rangeType.Element!,
            CelKind.Map => rangeType.Key!,
            CelKind.Dynamic => CelType.Dynamic,
            _ => throw Error(macro, $"a value of type {rangeType} has no elements"),
        };
        _scope.Add((macro.Variable, element));
        Variables = Math.Max(Variables, _scope.Count);
        var slot = _scope.Count - 1;
        CelNode? condition = null, result = null;
        var resultType = CelType.Dynamic;
        if (macro.Condition is not null)
        {
            (condition, var type) = Compile(macro.Condition);
            RequireBoolean(macro.Condition, type);
        }
        if (macro.Result is not null) (result, resultType) = Compile(macro.Result);
        _scope.RemoveAt(slot);
        return (new CelNode.Macro(macro.Kind, range, slot, condition, result), macro.Kind switch
        {
            CelMacroKind.Filter => new CelType(CelKind.List, element),
            CelMacroKind.Map => new CelType(CelKind.List, resultType),
            _ => CelType.Bool,
        });
    }

    void RequireBoolean(CelExpression expression, CelType type)
    {
        if (!type.Fits(CelKind.Bool)) throw Error(expression, $"true or false is expected, not a value of type {type}");
    }

    CelException Mismatch(CelCall call, (CelNode Node, CelType Type)[] arguments) =>
        Error(call, $"{CelOperator.Sign(call.Function)} does not take {(arguments.Length == 0 ? "nothing" : string.Join(", ", arguments.Select(a => a.Type)))}");
}
