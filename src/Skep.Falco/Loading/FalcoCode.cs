namespace Skep.Falco.Loading;

/// <summary>What is wrong with a rule file; errors first.</summary>
public enum FalcoCode
{
    /// <summary>LOAD_ERR_FILE_READ</summary>
    FileRead,
    /// <summary>LOAD_ERR_YAML_PARSE</summary>
    YamlParse,
    /// <summary>LOAD_ERR_YAML_VALIDATE</summary>
    YamlValidate,
    /// <summary>LOAD_ERR_COMPILE_CONDITION</summary>
    CompileCondition,
    /// <summary>LOAD_ERR_COMPILE_OUTPUT</summary>
    CompileOutput,
    /// <summary>LOAD_ERR_VALIDATE</summary>
    Validate,
    /// <summary>LOAD_ERR_EXTENSION: a key of Skep's own.</summary>
    Extension,
    /// <summary>LOAD_UNKNOWN_SOURCE, the first warning.</summary>
    UnknownSource,
    /// <summary>LOAD_NO_EVTTYPE</summary>
    NoEventType,
    /// <summary>LOAD_UNKNOWN_FILTER</summary>
    UnknownFilter,
    /// <summary>LOAD_UNUSED_MACRO</summary>
    UnusedMacro,
    /// <summary>LOAD_UNUSED_LIST</summary>
    UnusedList,
    /// <summary>LOAD_UNKNOWN_ITEM</summary>
    UnknownItem,
    /// <summary>LOAD_UNKNOWN_KEY</summary>
    UnknownKey,
    /// <summary>LOAD_DEPRECATED_ITEM</summary>
    DeprecatedItem,
    /// <summary>LOAD_APPEND_NO_VALUES</summary>
    AppendNoValues,
    /// <summary>LOAD_EXCEPTION_NAME_NOT_UNIQUE</summary>
    ExceptionNameNotUnique,
    /// <summary>LOAD_INVALID_MACRO_NAME</summary>
    InvalidMacroName,
    /// <summary>LOAD_INVALID_LIST_NAME</summary>
    InvalidListName,
    /// <summary>LOAD_COMPILE_CONDITION</summary>
    SuspiciousCondition,
    /// <summary>SKEP_DUPLICATE_KEY: a key is there twice, which Falco does not notice.</summary>
    DuplicateKey,
}
