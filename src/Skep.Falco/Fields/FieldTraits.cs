namespace Skep.Falco.Fields;

/// <summary>What a field can and cannot be used for.</summary>
[Flags]
public enum FieldTraits
{
    /// <summary>Nothing special.</summary>
    None = 0,
    /// <summary>It makes no sense without an argument.</summary>
    ArgumentRequired = 1,
    /// <summary>Only in conditions.</summary>
    FilterOnly = 2,
    /// <summary>Only in outputs.</summary>
    PrintOnly = 4,
    /// <summary>For Falco's own tables; it has no value in an event.</summary>
    TableOnly = 8,
    /// <summary>It cannot stand on the right side of an operator.</summary>
    LeftOnly = 16,
    /// <summary>It cannot be transformed.</summary>
    NotTransformed = 32,
    /// <summary>It has several values.</summary>
    List = 64,
    /// <summary>It still works, but Falco advises against it.</summary>
    Deprecated = 128,
    /// <summary>Falco appends it to outputs.</summary>
    Suggested = 256,
    /// <summary>Without an argument it stands for every ancestor, parent first.</summary>
    Ancestors = 512,
    /// <summary>It stands for both ends of a connection.</summary>
    Ends = 1024,
    /// <summary>Prints with nine digits.</summary>
    Padded = 2048,
}
