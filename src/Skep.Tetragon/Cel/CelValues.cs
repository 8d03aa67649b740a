using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Skep.Tetragon.Cel;

/// <summary>What an evaluation ends in that has no value.</summary>
sealed record CelError(string Message);

/// <summary>A type as a value.</summary>
sealed record CelTypeName(string Name);

/// <summary>Nanoseconds since 1970.</summary>
readonly record struct CelTimestamp(Int128 Nanoseconds) : IComparable<CelTimestamp>
{
    public static readonly Int128 Least = new Int128(0, 62135596800) * -1_000_000_000, Most = new Int128(0, 253402300800) * 1_000_000_000 - 1;

    public bool IsValid => Nanoseconds >= Least && Nanoseconds <= Most;

    public int CompareTo(CelTimestamp other) => Nanoseconds.CompareTo(other.Nanoseconds);
}

/// <summary>A span of time.</summary>
readonly record struct CelDuration(long Nanoseconds) : IComparable<CelDuration>
{
    public int CompareTo(CelDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);
}

/// <summary>An address with the length of its network's prefix.</summary>
readonly record struct CelNetwork(IPAddress Address, int Prefix);

/// <summary>Equality of values, across types of numbers; also that of keys.</summary>
sealed class CelEquality : IEqualityComparer<object>
{
    public static CelEquality Instance { get; } = new();

    public static new bool Equals(object? a, object? b) => Equals(a, b, null);

    /// <summary>Lists may hold the same list many times over, so each comparison costs; false when it costs too much.</summary>
    public static bool Equals(object? a, object? b, CelEvaluation? evaluation) => (a, b) switch
    {
        _ when evaluation is not null && !evaluation.TryStep() => false,
        (null, null) => true,
        (null, _) or (_, null) => false,
        (long or ulong or double, long or ulong or double) => CelValues.CompareNumbers(a, b) == 0,
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(pair => Equals(pair.First, pair.Second, evaluation)),
        (Dictionary<object, object?> x, Dictionary<object, object?> y) => x.Count == y.Count && x.All(entry => y.TryGetValue(entry.Key, out var other) && Equals(entry.Value, other, evaluation)),
        _ => a.Equals(b),
    };

    bool IEqualityComparer<object>.Equals(object? x, object? y) => Equals(x, y);

    public int GetHashCode(object obj) => obj switch
    {
        long number => ((double)number).GetHashCode(),
        ulong number => ((double)number).GetHashCode(),
        double number => (number == 0 ? 0d : number).GetHashCode(),
        _ => obj.GetHashCode(),
    };
}

static class CelValues
{
    static readonly ConcurrentDictionary<MessageDescriptor, IMessage> s_empty = [];

    /// <summary>Less than 0, 0, or more than 0; null when one is not a number.</summary>
    public static int? CompareNumbers(object a, object b) => (a, b) switch
    {
        (long x, long y) => x.CompareTo(y),
        (ulong x, ulong y) => x.CompareTo(y),
        (long x, ulong y) => x < 0 ? -1 : ((ulong)x).CompareTo(y),
        (ulong x, long y) => y < 0 ? 1 : x.CompareTo((ulong)y),
        (double x, double y) => double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y),
        (double x, _) => double.IsNaN(x) ? null : CompareDouble(x, b),
        (_, double y) => double.IsNaN(y) ? null : -CompareDouble(y, a),
        _ => throw new InvalidOperationException("no numbers"),
    };

    // Exact, also where a double has no room for all digits of a whole number.
    static int CompareDouble(double x, object whole)
    {
        const double Beyond = 1.8446744073709552e19; // 2^64
        if (x >= Beyond) return 1;
        if (x < -Beyond) return -1;
        var number = whole is long signed ? (Int128)signed : (ulong)whole;
        var floor = Math.Floor(x);
        var order = ((Int128)floor).CompareTo(number);
        return order != 0 ? order : x > floor ? 1 : 0;
    }

    /// <summary>Null when they have no order.</summary>
    public static int? Compare(object? a, object? b) => (a, b) switch
    {
        (long or ulong or double, long or ulong or double) => CompareNumbers(a, b),
        (string x, string y) => CompareText(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (ByteString x, ByteString y) => x.Span.SequenceCompareTo(y.Span),
        (CelTimestamp x, CelTimestamp y) => x.CompareTo(y),
        (CelDuration x, CelDuration y) => x.CompareTo(y),
        _ => null,
    };

    // By code points, which UTF-16 orders otherwise.
    static int CompareText(string x, string y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length) return x.Length.CompareTo(y.Length);
        var (a, b) = (x[common], y[common]);
        if (char.IsSurrogate(a) != char.IsSurrogate(b)) return char.IsSurrogate(a) ? 1 : -1;
        return a.CompareTo(b);
    }

    /// <summary>The value of a message's field; one that is not set has its default.</summary>
    public static object? Of(IMessage message, FieldDescriptor field)
    {
        var raw = field.Accessor.GetValue(message);
        if (field.IsMap)
        {
            var map = new Dictionary<object, object?>(CelEquality.Instance);
            var valueField = field.MessageType.FindFieldByNumber(2);
            foreach (DictionaryEntry entry in (IDictionary)raw) map[Scalar(entry.Key)!] = Single(valueField, entry.Value);
            return map;
        }
        if (!field.IsRepeated) return Single(field, raw);
        var list = new List<object?>();
        foreach (var element in (IEnumerable)raw) list.Add(Single(field, element));
        return list;
    }

    static object? Single(FieldDescriptor field, object? raw)
    {
        if (field.FieldType == FieldType.Enum) return (long)(int)raw!;
        if (field.FieldType != FieldType.Message) return Scalar(raw);
        return field.MessageType.FullName switch
        {
            "google.protobuf.Timestamp" => raw is Timestamp time ? new CelTimestamp((Int128)time.Seconds * 1_000_000_000 + time.Nanos) : new CelTimestamp(0),
            "google.protobuf.Duration" => raw is Duration span ? new CelDuration(span.Seconds * 1_000_000_000 + span.Nanos) : new CelDuration(0),
            ['g', 'o', 'o', 'g', 'l', 'e', '.', ..] => Scalar(raw), // of a wrapper: the bare value or null
            _ => raw ?? Empty(field.MessageType),
        };
    }

    public static IMessage Empty(MessageDescriptor message) => s_empty.GetOrAdd(message, static m => m.Parser.ParseFrom(ByteString.Empty));

    static object? Scalar(object? raw) => raw switch
    {
        int number => (long)number,
        uint number => (ulong)number,
        float number => (double)number,
        _ => raw,
    };

    /// <summary>Whether a field is there, as <c>has()</c> asks.</summary>
    public static bool Has(IMessage message, FieldDescriptor field) => field.Accessor.GetValue(message) switch
    {
        null => false,
        ICollection collection => collection.Count > 0,
        var value when field.HasPresence => value is not null && field.Accessor.HasValue(message),
        string text => text.Length > 0,
        ByteString bytes => bytes.Length > 0,
        bool flag => flag,
        System.Enum number => (int)(object)number != 0,
        IConvertible number => number.ToDouble(CultureInfo.InvariantCulture) != 0,
        _ => true,
    };
}
