namespace Skep.Engine.Records;

/// <summary>What a record tells; <c>enum record_kind</c> of <c>bpf/engine.h</c>.</summary>
public enum RecordKind : ushort
{
    /// <summary>Not a record.</summary>
    None = 0,

    /// <summary>A process executed a program.</summary>
    Exec = 1,

    /// <summary>A process was created.</summary>
    Fork = 2,

    /// <summary>A process ended.</summary>
    Exit = 3,

    /// <summary>A hook of a policy was hit.</summary>
    Hook = 4,

    /// <summary>More bytes of the arguments or the environment of an execution.</summary>
    More = 5,

    /// <summary>A control group was made.</summary>
    CgroupMade = 6,

    /// <summary>The digest of the file that a hook's record is about.</summary>
    FileDigest = 7,
}
