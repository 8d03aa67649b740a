using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Cel;

/// <summary>One evaluation: the event, the variables of macros, and what it may still cost.</summary>
sealed class CelEvaluation(IMessage root, int variables, int steps)
{
    public IMessage Root { get; } = root;

    public object?[] Variables { get; } = new object?[variables];

    int _steps = steps;

    /// <summary>Whether it has become too costly: no part was evaluated since, so that the result means nothing.</summary>
    public bool IsExhausted => _steps < 0;

    /// <summary>False when the evaluation has become too costly.</summary>
    public bool TryStep(int count = 1) => (_steps = _steps < count ? -1 : _steps - count) >= 0;
}

/// <summary>A part of an expression, checked and ready to be evaluated. An error is a value, as <c>||</c> and <c>&amp;&amp;</c> pass over it.</summary>
abstract class CelNode
{
    public static readonly CelError TooCostly = new("the expression is too costly for this event");

    public object? Evaluate(CelEvaluation evaluation) => evaluation.TryStep() ? Value(evaluation) : TooCostly;

    protected abstract object? Value(CelEvaluation evaluation);

    static CelError NotBoolean(object? value) => new($"true or false is expected, not a value of type {CelType.NameOf(CelType.KindOf(value))}");

    public sealed class Constant(object? value) : CelNode
    {
        public object? Content => value;

        protected override object? Value(CelEvaluation evaluation) => value;
    }

    public sealed class Variable(int slot) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => evaluation.Variables[slot];
    }

    /// <summary>The event; an empty message when it is of another type.</summary>
    public sealed class Event(FieldDescriptor field) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => CelValues.Of(evaluation.Root, field);
    }

    public sealed class Field(CelNode operand, FieldDescriptor field, bool isTest) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => operand.Evaluate(evaluation) switch
        {
            CelError error => error,
            IMessage message => isTest ? CelValues.Has(message, field) : CelValues.Of(message, field),
            _ => new CelError($"there is no {field.Name}"),
        };
    }

    /// <summary>A member by name, of something whose type is not known before, or of a map.</summary>
    public sealed class Member(CelNode operand, string name, bool isTest) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => operand.Evaluate(evaluation) switch
        {
            CelError error => error,
            Dictionary<object, object?> map => isTest ? map.ContainsKey(name) : map.TryGetValue(name, out var value) ? value : new CelError($"there is no {name}"),
            IMessage message when message.Descriptor.FindFieldByName(name) is { } field => isTest ? CelValues.Has(message, field) : CelValues.Of(message, field),
            _ => new CelError($"there is no {name}"),
        };
    }

    public sealed class Index(CelNode operand, CelNode index) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var container = operand.Evaluate(evaluation);
            if (container is CelError) return container;
            var key = index.Evaluate(evaluation);
            if (key is CelError) return key;
            if (container is Dictionary<object, object?> map) return key is not null && map.TryGetValue(key, out var value) ? value : new CelError($"there is no key {key}");
            if (container is not List<object?> list) return new CelError("only lists and maps have elements");
            if (key is not (long or ulong or double)) return new CelError("elements of lists have numbers");
            for (var place = 0; place < list.Count; place++)
            {
                if (CelValues.CompareNumbers(key, (long)place) == 0) return list[place];
            }
            return new CelError($"there is no element {key}");
        }
    }

    /// <summary>False for <c>||</c>, which ends with true; true for <c>&amp;&amp;</c>, which ends with false.</summary>
    public sealed class Logic(CelNode[] parts, bool isAnd) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            CelError? error = null;
            foreach (var part in parts)
            {
                switch (part.Evaluate(evaluation))
                {
                    case bool value when value != isAnd: return value;
                    case bool: break;
                    case CelError failed: error ??= failed; break;
                    case var other: error ??= NotBoolean(other); break;
                }
            }
            return error is null ? isAnd : error;
        }
    }

    public sealed class Conditional(CelNode condition, CelNode holds, CelNode fails) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => condition.Evaluate(evaluation) switch
        {
            bool value => (value ? holds : fails).Evaluate(evaluation),
            CelError error => error,
            var other => NotBoolean(other),
        };
    }

    public sealed class Equality(CelNode left, CelNode right, bool isNegated) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var a = left.Evaluate(evaluation);
            if (a is CelError) return a;
            var b = right.Evaluate(evaluation);
            return b is CelError ? b : CelEquality.Equals(a, b, evaluation) != isNegated;
        }
    }

    public sealed class Order(CelNode left, CelNode right, string function) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var a = left.Evaluate(evaluation);
            if (a is CelError) return a;
            var b = right.Evaluate(evaluation);
            if (b is CelError) return b;
            if (CelValues.Compare(a, b) is not { } order)
            {
                // Numbers of which one is none compare as false.
                return a is double or long or ulong && b is double or long or ulong ? false : new CelError("the values have no order");
            }
            return function switch
            {
                CelOperator.Less => order < 0,
                CelOperator.LessOrEqual => order <= 0,
                CelOperator.Greater => order > 0,
                _ => order >= 0,
            };
        }
    }

    public sealed class In(CelNode element, CelNode container) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var value = element.Evaluate(evaluation);
            if (value is CelError) return value;
            switch (container.Evaluate(evaluation))
            {
                case CelError error:
                    return error;
                case Dictionary<object, object?> map:
                    return value is not null && map.ContainsKey(value);
                case List<object?> list:
                    foreach (var other in list)
                    {
                        if (CelEquality.Equals(value, other, evaluation)) return true;
                        if (evaluation.IsExhausted) return TooCostly;
                    }
                    return false;
                default:
                    return new CelError("only lists and maps have elements");
            }
        }
    }

    public sealed class Concatenation(CelNode left, CelNode right, CelFunction[] others) : CelNode
    {
        readonly Call _others = new(CelOperator.Add, [left, right], others);

        protected override object? Value(CelEvaluation evaluation)
        {
            const int MaxElements = 1 << 16;
            var a = left.Evaluate(evaluation);
            if (a is CelError) return a;
            var b = right.Evaluate(evaluation);
            if (b is CelError) return b;
            if (a is not List<object?> x || b is not List<object?> y) return _others.Apply([a, b]);
            if (x.Count + y.Count > MaxElements) return new CelError("a list becomes too long");
            return evaluation.TryStep(x.Count + y.Count) ? new List<object?>([.. x, .. y]) : TooCostly;
        }
    }

    public sealed class Call(string name, CelNode[] arguments, CelFunction[] functions) : CelNode
    {
        const int CompilationSteps = 2000;

        readonly int _steps = name == "matches" ? CompilationSteps : 0;

        protected override object? Value(CelEvaluation evaluation)
        {
            if (!evaluation.TryStep(_steps)) return TooCostly;
            var values = new object?[arguments.Length];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = arguments[i].Evaluate(evaluation);
                if (values[i] is CelError) return values[i];
                // What walks through texts costs by their length.
                if (values[i] is string text && !evaluation.TryStep(text.Length / 64)) return TooCostly;
            }
            return Apply(values);
        }

        public object? Apply(object?[] values)
        {
            foreach (var function in functions)
            {
                if (function.Takes(values)) return function.Call(values);
            }
            return new CelError($"{CelOperator.Sign(name)} does not take {string.Join(", ", values.Select(v => CelType.NameOf(CelType.KindOf(v))))}");
        }
    }

    /// <summary>A text and a constant expression.</summary>
    public sealed class Match(CelNode text, Regex pattern) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation) => text.Evaluate(evaluation) switch
        {
            string value => evaluation.TryStep(value.Length / 64) ? pattern.IsMatch(value) : TooCostly,
            CelError error => error,
            var other => new CelError($"matches does not take {CelType.NameOf(CelType.KindOf(other))}"),
        };
    }

    public sealed class ListOf(CelNode[] elements) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var list = new List<object?>(elements.Length);
            foreach (var element in elements)
            {
                var value = element.Evaluate(evaluation);
                if (value is CelError) return value;
                list.Add(value);
            }
            return list;
        }
    }

    public sealed class MapOf((CelNode Key, CelNode Value)[] entries) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            var map = new Dictionary<object, object?>(CelEquality.Instance);
            foreach (var (keyNode, valueNode) in entries)
            {
                var key = keyNode.Evaluate(evaluation);
                if (key is CelError) return key;
                if (key is not (bool or long or ulong or string)) return new CelError("a key is a text, a whole number, true or false");
                var value = valueNode.Evaluate(evaluation);
                if (value is CelError) return value;
                if (!map.TryAdd(key, value)) return new CelError($"the key {key} is there twice");
            }
            return map;
        }
    }

    public sealed class Macro(CelMacroKind kind, CelNode range, int slot, CelNode? condition, CelNode? result) : CelNode
    {
        protected override object? Value(CelEvaluation evaluation)
        {
            IEnumerable<object?> elements;
            switch (range.Evaluate(evaluation))
            {
                case CelError failed: return failed;
                case List<object?> list: elements = list; break;
                case Dictionary<object, object?> map: elements = map.Keys; break;
                default: return new CelError("only lists and maps have elements");
            }
            var outer = evaluation.Variables[slot];
            try
            {
                return Over(elements, evaluation);
            }
            finally
            {
                evaluation.Variables[slot] = outer;
            }
        }

        object? Over(IEnumerable<object?> elements, CelEvaluation evaluation)
        {
            CelError? error = null;
            var count = 0;
            var results = new List<object?>();
            foreach (var element in elements)
            {
                evaluation.Variables[slot] = element;
                var holds = condition is null ? true : condition.Evaluate(evaluation);
                if (holds is not bool value)
                {
                    error ??= holds as CelError ?? NotBoolean(holds);
                    if (kind is CelMacroKind.All or CelMacroKind.Exists && evaluation.TryStep()) continue;
                    return error;
                }
                if (kind == CelMacroKind.All && !value) return false;
                if (kind == CelMacroKind.Exists && value) return true;
                if (!value) continue;
                count++;
                if (kind == CelMacroKind.Filter) results.Add(element);
                if (kind != CelMacroKind.Map) continue;
                var made = result!.Evaluate(evaluation);
                if (made is CelError) return made;
                results.Add(made);
            }
            return kind switch
            {
                CelMacroKind.All => error is null ? true : error,
                CelMacroKind.Exists => error is null ? false : error,
                CelMacroKind.ExistsOne => count == 1,
                _ => results,
            };
        }
    }
}
