namespace Skep.Falco.Calls;

/// <summary>What an argument of a system call is.</summary>
enum CallKind
{
    /// <summary>Signed, 32 bits.</summary>
    Int32,
    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,
    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,
    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,
    /// <summary>Permissions, told in octal digits.</summary>
    Mode,
    /// <summary>A user's number.</summary>
    User,
    /// <summary>A group's number.</summary>
    Group,
    /// <summary>An open file.</summary>
    Descriptor,
    /// <summary>An open directory, where the path behind it begins.</summary>
    Directory,
    /// <summary>A file's name.</summary>
    Path,
    /// <summary>Any text.</summary>
    Text,
    /// <summary>A socket's address; its length is the next argument.</summary>
    Address,
    /// <summary>A number that has a name, or whose bits have.</summary>
    Named,
    /// <summary>A <c>struct open_how</c>.</summary>
    OpenHow,
}
