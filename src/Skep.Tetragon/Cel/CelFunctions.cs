using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using static Skep.Tetragon.Cel.CelKind;

namespace Skep.Tetragon.Cel;

/// <summary>The functions and operators, with each type that they take.</summary>
static partial class CelFunctions
{
    /// <summary>The longest text or list that an expression makes.</summary>
    const int MaxLength = 1 << 20;

    static readonly bool[] s_either = [false, true];

    static readonly CelError s_overflow = new("a number is too large or too small"), s_division = new("division by zero"), s_length = new("a text becomes too long");

    static readonly FrozenDictionary<(string Name, bool IsMethod), CelFunction[]> s_all =
        All().GroupBy(f => (f.Name, f.IsMethod)).ToFrozenDictionary(group => group.Key, group => group.ToArray());

    public static CelFunction[] Named(string name, bool isMethod) => s_all.GetValueOrDefault((name, isMethod), []);

    public static bool Exists(string name) => s_all.ContainsKey((name, true)) || s_all.ContainsKey((name, false));

    static IEnumerable<CelFunction> All() => [.. Operators(), .. Conversions(), .. Texts(), .. Times(), .. NetworkFunctions()];

    static CelFunction Function(string name, CelKind result, Func<object?[], object?> call, params CelKind[] parameters) => new(name, false, parameters, new CelType(result), call);

    static CelFunction Method(string name, CelKind result, Func<object?[], object?> call, params CelKind[] parameters) => new(name, true, parameters, new CelType(result), call);

    static object? Checked(Func<object?> call)
    {
        try
        {
            return call();
        }
        catch (OverflowException)
        {
            return s_overflow;
        }
        catch (DivideByZeroException)
        {
            return s_division;
        }
    }

    static IEnumerable<CelFunction> Operators()
    {
        yield return Function(CelOperator.Not, Bool, a => !(bool)a[0]!, Bool);
        yield return Function(CelOperator.Negate, Int, a => Checked(() => checked(-(long)a[0]!)), Int);
        yield return Function(CelOperator.Negate, CelKind.Double, a => -(double)a[0]!, CelKind.Double);
        yield return Function(CelOperator.Negate, Duration, a => Checked(() => new CelDuration(checked(-((CelDuration)a[0]!).Nanoseconds))), Duration);

        yield return Function(CelOperator.Add, Int, a => Checked(() => checked((long)a[0]! + (long)a[1]!)), Int, Int);
        yield return Function(CelOperator.Add, Uint, a => Checked(() => checked((ulong)a[0]! + (ulong)a[1]!)), Uint, Uint);
        yield return Function(CelOperator.Add, CelKind.Double, a => (double)a[0]! + (double)a[1]!, CelKind.Double, CelKind.Double);
        yield return Function(CelOperator.Add, CelKind.String, a => ((string)a[0]!).Length + ((string)a[1]!).Length <= MaxLength ? (string)a[0]! + (string)a[1]! : s_length, CelKind.String, CelKind.String);
        yield return Function(CelOperator.Add, Bytes, a => ((ByteString)a[0]!).Length + ((ByteString)a[1]!).Length <= MaxLength ? ByteString.CopyFrom([.. ((ByteString)a[0]!).Span, .. ((ByteString)a[1]!).Span]) : s_length, Bytes, Bytes);
        yield return Function(CelOperator.Add, Duration, a => Checked(() => new CelDuration(checked(Span(a[0]) + Span(a[1])))), Duration, Duration);
        yield return Function(CelOperator.Add, Timestamp, a => At(Time(a[0]) + Span(a[1])), Timestamp, Duration);
        yield return Function(CelOperator.Add, Timestamp, a => At(Time(a[1]) + Span(a[0])), Duration, Timestamp);

        yield return Function(CelOperator.Subtract, Int, a => Checked(() => checked((long)a[0]! - (long)a[1]!)), Int, Int);
        yield return Function(CelOperator.Subtract, Uint, a => Checked(() => checked((ulong)a[0]! - (ulong)a[1]!)), Uint, Uint);
        yield return Function(CelOperator.Subtract, CelKind.Double, a => (double)a[0]! - (double)a[1]!, CelKind.Double, CelKind.Double);
        yield return Function(CelOperator.Subtract, Duration, a => Checked(() => new CelDuration(checked(Span(a[0]) - Span(a[1])))), Duration, Duration);
        yield return Function(CelOperator.Subtract, Timestamp, a => At(Time(a[0]) - Span(a[1])), Timestamp, Duration);
        yield return Function(CelOperator.Subtract, Duration, a => Checked(() => new CelDuration(checked((long)(Time(a[0]) - Time(a[1]))))), Timestamp, Timestamp);

        yield return Function(CelOperator.Multiply, Int, a => Checked(() => checked((long)a[0]! * (long)a[1]!)), Int, Int);
        yield return Function(CelOperator.Multiply, Uint, a => Checked(() => checked((ulong)a[0]! * (ulong)a[1]!)), Uint, Uint);
        yield return Function(CelOperator.Multiply, CelKind.Double, a => (double)a[0]! * (double)a[1]!, CelKind.Double, CelKind.Double);
        yield return Function(CelOperator.Divide, Int, a => Checked(() => (long)a[0]! / (long)a[1]!), Int, Int);
        yield return Function(CelOperator.Divide, Uint, a => Checked(() => (ulong)a[0]! / (ulong)a[1]!), Uint, Uint);
        yield return Function(CelOperator.Divide, CelKind.Double, a => (double)a[0]! / (double)a[1]!, CelKind.Double, CelKind.Double);
        // The remainder of the least number by -1 is 0 in CEL's algebra, an overflow in the processor's.
        yield return Function(CelOperator.Remainder, Int, a => (long)a[1]! == -1 ? 0L : Checked(() => (long)a[0]! % (long)a[1]!), Int, Int);
        yield return Function(CelOperator.Remainder, Uint, a => Checked(() => (ulong)a[0]! % (ulong)a[1]!), Uint, Uint);
    }

    static IEnumerable<CelFunction> Conversions()
    {
        yield return Function("int", Int, a => a[0], Int);
        yield return Function("int", Int, a => Checked(() => checked((long)(ulong)a[0]!)), Uint);
        yield return Function("int", Int, a => (double)a[0]! is > -9223372036854775808d and < 9223372036854775808d ? (long)(double)a[0]! : s_overflow, CelKind.Double);
        yield return Function("int", Int, a => long.TryParse((string)a[0]!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : new CelError("the text is no number"), CelKind.String);
        yield return Function("int", Int, a => (long)FloorSeconds(Time(a[0])), Timestamp);
        yield return Function("uint", Uint, a => a[0], Uint);
        yield return Function("uint", Uint, a => Checked(() => checked((ulong)(long)a[0]!)), Int);
        yield return Function("uint", Uint, a => (double)a[0]! is > -1 and < 18446744073709551616d ? (ulong)Math.Max((double)a[0]!, 0) : s_overflow, CelKind.Double);
        yield return Function("uint", Uint, a => ulong.TryParse((string)a[0]!, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : new CelError("the text is no number"), CelKind.String);
        yield return Function("double", CelKind.Double, a => a[0], CelKind.Double);
        yield return Function("double", CelKind.Double, a => (double)(long)a[0]!, Int);
        yield return Function("double", CelKind.Double, a => (double)(ulong)a[0]!, Uint);
        yield return Function("double", CelKind.Double, a => double.TryParse((string)a[0]!, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : new CelError("the text is no number"), CelKind.String);
        yield return Function("bool", Bool, a => a[0], Bool);
        yield return Function("bool", Bool, a => (string)a[0]! switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            _ => new CelError("the text is neither true nor false"),
        }, CelKind.String);
        yield return Function("string", CelKind.String, a => a[0], CelKind.String);
        yield return Function("string", CelKind.String, a => ((long)a[0]!).ToString(CultureInfo.InvariantCulture), Int);
        yield return Function("string", CelKind.String, a => ((ulong)a[0]!).ToString(CultureInfo.InvariantCulture), Uint);
        yield return Function("string", CelKind.String, a => ((double)a[0]!).ToString(CultureInfo.InvariantCulture), CelKind.Double);
        yield return Function("string", CelKind.String, a => (bool)a[0]! ? "true" : "false", Bool);
        yield return Function("string", CelKind.String, a => Decoded((ByteString)a[0]!), Bytes);
        yield return Function("string", CelKind.String, a => TimeText(Time(a[0])), Timestamp);
        yield return Function("string", CelKind.String, a => SpanText(Span(a[0])), Duration);
        yield return Function("bytes", Bytes, a => a[0], Bytes);
        yield return Function("bytes", Bytes, a => ByteString.CopyFromUtf8((string)a[0]!), CelKind.String);
        yield return Function("dyn", Dynamic, a => a[0], Dynamic);
        yield return Function("type", CelKind.Type, a => new CelTypeName(a[0] is IMessage message ? message.Descriptor.FullName : CelType.NameOf(CelType.KindOf(a[0]))), Dynamic);
    }

    static object Decoded(ByteString bytes)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.Span);
        }
        catch (ArgumentException)
        {
            return new CelError("the bytes are no UTF-8");
        }
    }

    static IEnumerable<CelFunction> Texts()
    {
        yield return Method("startsWith", Bool, a => ((string)a[0]!).StartsWith((string)a[1]!, StringComparison.Ordinal), CelKind.String, CelKind.String);
        yield return Method("endsWith", Bool, a => ((string)a[0]!).EndsWith((string)a[1]!, StringComparison.Ordinal), CelKind.String, CelKind.String);
        yield return Method("contains", Bool, a => ((string)a[0]!).Contains((string)a[1]!, StringComparison.Ordinal), CelKind.String, CelKind.String);
        foreach (var isMethod in s_either) yield return new CelFunction("matches", isMethod, [CelKind.String, CelKind.String], CelType.Bool, Matches);
        foreach (var isMethod in s_either)
        {
            yield return new CelFunction("size", isMethod, [CelKind.String], CelType.Int, a => (long)CodePoints((string)a[0]!));
            yield return new CelFunction("size", isMethod, [Bytes], CelType.Int, a => (long)((ByteString)a[0]!).Length);
            yield return new CelFunction("size", isMethod, [List], CelType.Int, a => (long)((List<object?>)a[0]!).Count);
            yield return new CelFunction("size", isMethod, [Map], CelType.Int, a => (long)((Dictionary<object, object?>)a[0]!).Count);
        }
        yield return Method("lowerAscii", CelKind.String, a => Cased((string)a[0]!, char.ToLowerInvariant), CelKind.String);
        yield return Method("upperAscii", CelKind.String, a => Cased((string)a[0]!, char.ToUpperInvariant), CelKind.String);
        yield return Method("trim", CelKind.String, a => ((string)a[0]!).Trim(), CelKind.String);
    }

    static string Cased(string text, Func<char, char> change) => string.Concat(text.Select(c => char.IsAscii(c) ? change(c) : c));

    static int CodePoints(string text) => text.Length - text.Count(char.IsLowSurrogate);

    /// <summary>Of an expression that is known only now; constants are compiled with the program.</summary>
    static object Matches(object?[] values)
    {
        try
        {
            return Filters.Re2.Compile((string)values[1]!).IsMatch((string)values[0]!);
        }
        catch (Filters.FilterException error)
        {
            return new CelError(error.Message);
        }
    }
}
