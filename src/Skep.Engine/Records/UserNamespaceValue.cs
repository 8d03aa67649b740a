using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A user namespace; <c>struct user_namespace_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public readonly struct UserNamespaceValue
{
    /// <summary>Its inode.</summary>
    [FieldOffset(0)] public readonly uint Inode;

    /// <summary>Depth below the initial one, which is 0.</summary>
    [FieldOffset(4)] public readonly uint Level;

    /// <summary>Uid of its creator.</summary>
    [FieldOffset(8)] public readonly uint Owner;

    /// <summary>Gid of its creator.</summary>
    [FieldOffset(12)] public readonly uint Group;
}
