using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>What a record of a hook starts with: <c>struct hook_record</c> of <c>bpf/engine.h</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
readonly struct HookHeader
{
    public const int Size = 72;

    [FieldOffset(0)] public readonly uint Length;
    [FieldOffset(4)] public readonly ushort Kind;
    [FieldOffset(6)] public readonly ushort Hook;
    [FieldOffset(8)] public readonly uint Generation;
    [FieldOffset(12)] public readonly uint Flags;
    [FieldOffset(16)] public readonly ulong Time;
    [FieldOffset(24)] public readonly ulong Start;
    [FieldOffset(32)] public readonly uint Pid;
    [FieldOffset(36)] public readonly uint Tid;
    [FieldOffset(40)] public readonly ulong Cgroup;
    [FieldOffset(48)] public readonly ulong ParentStart;
    [FieldOffset(56)] public readonly uint ParentPid;
    [FieldOffset(60)] public readonly uint Cpu;
    [FieldOffset(64)] public readonly uint Captured;
    [FieldOffset(68)] public readonly ushort Matches;
    [FieldOffset(70)] public readonly ushort Arguments;
}
