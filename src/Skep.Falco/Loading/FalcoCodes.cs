namespace Skep.Falco.Loading;

/// <summary>The codes' names.</summary>
public static class FalcoCodes
{
    static readonly (string Name, string Description)[] s_texts =
    [
        ("LOAD_ERR_FILE_READ", "File read error"),
        ("LOAD_ERR_YAML_PARSE", "YAML parse error"),
        ("LOAD_ERR_YAML_VALIDATE", "Error validating internal structure of YAML file"),
        ("LOAD_ERR_COMPILE_CONDITION", "Error compiling condition"),
        ("LOAD_ERR_COMPILE_OUTPUT", "Error compiling output"),
        ("LOAD_ERR_VALIDATE", "Error validating rule/macro/list/exception objects"),
        ("LOAD_ERR_EXTENSION", "Error in extension item"),
        ("LOAD_UNKNOWN_SOURCE", "Unknown event source"),
        ("LOAD_NO_EVTTYPE", "Condition has no event-type restriction"),
        ("LOAD_UNKNOWN_FILTER", "Unknown field or event-type in condition or output"),
        ("LOAD_UNUSED_MACRO", "Unused macro"),
        ("LOAD_UNUSED_LIST", "Unused list"),
        ("LOAD_UNKNOWN_ITEM", "Unknown rules file item"),
        ("LOAD_UNKNOWN_KEY", "Unknown key in a rules file item"),
        ("LOAD_DEPRECATED_ITEM", "Used deprecated item"),
        ("LOAD_APPEND_NO_VALUES", "Overriding/appending exception with no values"),
        ("LOAD_EXCEPTION_NAME_NOT_UNIQUE", "Multiple exceptions defined with the same name"),
        ("LOAD_INVALID_MACRO_NAME", "Invalid macro name"),
        ("LOAD_INVALID_LIST_NAME", "Invalid list name"),
        ("LOAD_COMPILE_CONDITION", "Warning in rule condition"),
        ("SKEP_DUPLICATE_KEY", "Key given twice"),
    ];

    /// <summary>Whether nothing of the file can be used.</summary>
    public static bool IsError(FalcoCode code) => code < FalcoCode.UnknownSource;

    /// <summary>As it is printed.</summary>
    public static string NameOf(FalcoCode code) => s_texts[(int)code].Name;

    /// <summary>In a few words.</summary>
    public static string DescriptionOf(FalcoCode code) => s_texts[(int)code].Description;
}
