namespace Skep.Falco.Conditions;

/// <summary>What makes another value of a value.</summary>
public enum Transformer
{
    /// <summary>The field itself; marks a field on the right side of an operator.</summary>
    Value,
    /// <summary>Letters of ASCII made small.</summary>
    ToLower,
    /// <summary>Letters of ASCII made large.</summary>
    ToUpper,
    /// <summary>The text that a base64 text encodes; padding is not needed.</summary>
    Base64,
    /// <summary>What follows the last slash.</summary>
    BaseName,
    /// <summary>How many bytes a text has, how many items a list.</summary>
    Length,
    /// <summary>Items with a separator between them.</summary>
    Join,
    /// <summary>Values one behind the other.</summary>
    Concat,
    /// <summary>An option out of a command line.</summary>
    GetOption,
}
