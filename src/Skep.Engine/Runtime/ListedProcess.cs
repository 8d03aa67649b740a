using System.Runtime.InteropServices;
using Skep.Engine.Processes;

namespace Skep.Engine.Runtime;

/// <summary>A process that the kernel has a record of: <c>struct listed_process</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
readonly record struct ListedProcess
{
    readonly ulong _start, _parentStart;
    readonly uint _pid, _parentPid, _flags, _reserved;

    public uint Pid => _pid;

    public ProcessId Id => new(_pid, _start);

    public ProcessId ParentId => new(_parentPid, _parentStart);

    public ProcessFlags Flags => (ProcessFlags)_flags;
}
