using System.Runtime.InteropServices;

namespace Skep.Engine.Processes;

/// <summary>The namespaces of a process by inode number; <c>struct namespaces</c> of <c>bpf/engine.h</c>. 0 is unknown.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct NamespaceSet(
    uint Uts, uint Ipc, uint Mount, uint Pid, uint PidForChildren, uint Network, uint Time, uint TimeForChildren, uint Cgroup, uint User);
