using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Skep.Tetragon.Cel;

enum CelKind
{
    /// <summary>Known only when it is evaluated.</summary>
    Dynamic,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List,
    Map,
    Message,
    Type,
    Address,
    Network,
}

/// <summary>Type of an expression.</summary>
/// <param name="Kind">Kind of type.</param>
/// <param name="Element">Of a list its elements, of a map its values.</param>
/// <param name="Key">Of a map.</param>
/// <param name="Message">Of a message.</param>
/// <param name="IsNullable">Whether null is a value of it, too.</param>
sealed record CelType(CelKind Kind, CelType? Element = null, CelType? Key = null, MessageDescriptor? Message = null, bool IsNullable = false)
{
    public static CelType Dynamic { get; } = new(CelKind.Dynamic);

    public static CelType Bool { get; } = new(CelKind.Bool);

    public static CelType Int { get; } = new(CelKind.Int);

    public bool IsNumber => Kind is CelKind.Int or CelKind.Uint or CelKind.Double;

    public bool Fits(CelKind parameter) => Kind == parameter || Kind == CelKind.Dynamic || parameter == CelKind.Dynamic;

    /// <summary>Numbers of all types compare with each other.</summary>
    public bool IsComparableTo(CelType other)
    {
        if (Kind == CelKind.Dynamic || other.Kind == CelKind.Dynamic || (IsNumber && other.IsNumber)) return true;
        if (Kind == CelKind.Null || other.Kind == CelKind.Null) return Kind == other.Kind || IsNullable || other.IsNullable || Kind == CelKind.Message || other.Kind == CelKind.Message;
        return Kind == other.Kind && Kind switch
        {
            CelKind.List => Element!.IsComparableTo(other.Element!),
            CelKind.Map => Key!.IsComparableTo(other.Key!) && Element!.IsComparableTo(other.Element!),
            CelKind.Message => Message!.FullName == other.Message!.FullName,
            _ => true,
        };
    }

    /// <summary>One type for both; dynamic when they differ.</summary>
    public static CelType Join(CelType? first, CelType second) => first is null || first == second ? second : Dynamic;

    public static CelType Of(FieldDescriptor field)
    {
        if (field.IsMap) return new CelType(CelKind.Map, Single(field.MessageType.FindFieldByNumber(2)), Single(field.MessageType.FindFieldByNumber(1)));
        return field.IsRepeated ? new CelType(CelKind.List, Single(field)) : Single(field);
    }

    static CelType Single(FieldDescriptor field)
    {
        if (field.FieldType != FieldType.Message) return new CelType(KindOf(field.FieldType));
        return field.MessageType.FullName switch
        {
            "google.protobuf.Timestamp" => new CelType(CelKind.Timestamp),
            "google.protobuf.Duration" => new CelType(CelKind.Duration),
            "google.protobuf.UInt32Value" or "google.protobuf.UInt64Value" => new CelType(CelKind.Uint, IsNullable: true),
            "google.protobuf.Int32Value" or "google.protobuf.Int64Value" => new CelType(CelKind.Int, IsNullable: true),
            "google.protobuf.BoolValue" => new CelType(CelKind.Bool, IsNullable: true),
            "google.protobuf.StringValue" => new CelType(CelKind.String, IsNullable: true),
            _ => new CelType(CelKind.Message, Message: field.MessageType),
        };
    }

    static CelKind KindOf(FieldType type) => type switch
    {
        FieldType.Bool => CelKind.Bool,
        FieldType.String => CelKind.String,
        FieldType.Bytes => CelKind.Bytes,
        FieldType.Float or FieldType.Double => CelKind.Double,
        FieldType.UInt32 or FieldType.UInt64 or FieldType.Fixed32 or FieldType.Fixed64 => CelKind.Uint,
        _ => CelKind.Int,
    };

    /// <summary>Kind of a value at hand.</summary>
    public static CelKind KindOf(object? value) => value switch
    {
        null => CelKind.Null,
        bool => CelKind.Bool,
        long => CelKind.Int,
        ulong => CelKind.Uint,
        double => CelKind.Double,
        string => CelKind.String,
        ByteString => CelKind.Bytes,
        CelTimestamp => CelKind.Timestamp,
        CelDuration => CelKind.Duration,
        List<object?> => CelKind.List,
        Dictionary<object, object?> => CelKind.Map,
        IMessage => CelKind.Message,
        CelTypeName => CelKind.Type,
        System.Net.IPAddress => CelKind.Address,
        CelNetwork => CelKind.Network,
        _ => throw new InvalidOperationException($"no value is of type {value.GetType()}"),
    };

    public static string NameOf(CelKind kind) => kind switch
    {
        CelKind.Dynamic => "dyn",
        CelKind.Null => "null_type",
        CelKind.Timestamp => "google.protobuf.Timestamp",
        CelKind.Duration => "google.protobuf.Duration",
        CelKind.Address => "net.IP",
        CelKind.Network => "net.CIDR",
        CelKind.Message => "message",
        _ => kind.ToString().ToLowerInvariant(),
    };

    public override string ToString() => Kind switch
    {
        CelKind.List => $"list({Element})",
        CelKind.Map => $"map({Key}, {Element})",
        CelKind.Message => Message!.FullName,
        _ => NameOf(Kind),
    };
}
