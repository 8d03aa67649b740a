namespace Skep.Falco.Fields;

/// <summary>What a field's values are.</summary>
public enum FieldType
{
    /// <summary>Characters, without a NUL.</summary>
    Text,
    /// <summary>Any bytes.</summary>
    Bytes,
    /// <summary>True or false.</summary>
    Bool,
    /// <summary>Signed, 16 bits.</summary>
    Int16,
    /// <summary>Signed, 32 bits.</summary>
    Int32,
    /// <summary>Signed, 64 bits.</summary>
    Int64,
    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,
    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,
    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,
    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,
    /// <summary>Nanoseconds.</summary>
    Duration,
    /// <summary>Nanoseconds since 1970.</summary>
    Time,
    /// <summary>A port; constants may be a service's name.</summary>
    Port,
    /// <summary>A fraction.</summary>
    Double,
    /// <summary>An address: 4 or 16 bytes.</summary>
    Address,
    /// <summary>An address that is compared with networks.</summary>
    Network,
    /// <summary>As its argument says.</summary>
    Any,
}
