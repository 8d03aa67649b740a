using System.Runtime.InteropServices;
using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>A <c>struct cred</c>; <c>struct credential_value</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
public readonly struct CredentialValue
{
    /// <summary>What it grants.</summary>
    [FieldOffset(0)] public readonly Credentials Credentials;
}
