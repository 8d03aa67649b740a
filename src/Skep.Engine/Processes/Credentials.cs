using System.Runtime.InteropServices;

namespace Skep.Engine.Processes;

/// <summary>Who a process is; <c>struct credentials</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Credentials(
    uint Uid, uint Gid, uint EffectiveUid, uint EffectiveGid, uint SavedUid, uint SavedGid, uint FileSystemUid, uint FileSystemGid,
    uint SecureBits, uint UserNamespace, uint UserNamespaceLevel, uint UserNamespaceOwner,
    ulong Permitted, ulong Effective, ulong Inheritable, ulong Bounding, ulong Ambient);
