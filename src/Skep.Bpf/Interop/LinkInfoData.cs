using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>
/// <c>struct bpf_link_info</c> (include/uapi/linux/bpf.h) as of Linux 6.18. An older kernel fills a prefix and leaves the rest zero
/// (kernel/bpf/syscall.c: bpf_link_get_info_by_fd).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
struct LinkInfoData
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Id;
    [FieldOffset(8)] public uint ProgramId;

    [FieldOffset(16)] public ulong RawTracepointName;
    [FieldOffset(24)] public uint RawTracepointNameLength;
    [FieldOffset(32)] public ulong RawTracepointCookie;

    [FieldOffset(16)] public uint TracingAttachType;
    [FieldOffset(20)] public uint TracingTargetObjectId;
    [FieldOffset(24)] public uint TracingTargetBtfId;
    [FieldOffset(32)] public ulong TracingCookie;

    [FieldOffset(16)] public ulong CgroupId;
    [FieldOffset(24)] public uint CgroupAttachType;

    [FieldOffset(16)] public ulong IteratorTargetName;
    [FieldOffset(24)] public uint IteratorTargetNameLength;
    [FieldOffset(28)] public uint IteratorMapId;
    [FieldOffset(32)] public ulong IteratorCgroupId;
    [FieldOffset(40)] public uint IteratorCgroupOrder;
    [FieldOffset(32)] public uint IteratorThreadId;
    [FieldOffset(36)] public uint IteratorProcessId;

    [FieldOffset(16)] public uint NetnsInode;
    [FieldOffset(20)] public uint NetnsAttachType;

    [FieldOffset(16)] public uint MapId;
    [FieldOffset(20)] public uint MapAttachType;

    [FieldOffset(16)] public uint InterfaceIndex;
    [FieldOffset(20)] public uint InterfaceAttachType;

    [FieldOffset(16)] public uint NetfilterProtocolFamily;
    [FieldOffset(20)] public uint NetfilterHook;
    [FieldOffset(24)] public int NetfilterPriority;
    [FieldOffset(28)] public uint NetfilterFlags;

    [FieldOffset(16)] public ulong KprobeMultiAddresses;
    [FieldOffset(24)] public uint KprobeMultiCount;
    [FieldOffset(28)] public uint KprobeMultiFlags;
    [FieldOffset(32)] public ulong KprobeMultiMissed;
    [FieldOffset(40)] public ulong KprobeMultiCookies;

    [FieldOffset(16)] public ulong UprobeMultiPath;
    [FieldOffset(24)] public ulong UprobeMultiOffsets;
    [FieldOffset(32)] public ulong UprobeMultiReferenceCounters;
    [FieldOffset(40)] public ulong UprobeMultiCookies;
    [FieldOffset(48)] public uint UprobeMultiPathSize;
    [FieldOffset(52)] public uint UprobeMultiCount;
    [FieldOffset(56)] public uint UprobeMultiFlags;
    [FieldOffset(60)] public uint UprobeMultiPid;

    [FieldOffset(16)] public uint PerfEventKind;
    /// <summary>File of a uprobe, function of a kprobe, name of a tracepoint.</summary>
    [FieldOffset(24)] public ulong PerfEventName;
    [FieldOffset(32)] public uint PerfEventNameLength;
    [FieldOffset(36)] public uint PerfEventOffset;
    [FieldOffset(40)] public ulong UprobeCookie;
    [FieldOffset(48)] public ulong UprobeReferenceCounter;
    [FieldOffset(40)] public ulong KprobeAddress;
    [FieldOffset(48)] public ulong KprobeMissed;
    [FieldOffset(56)] public ulong KprobeCookie;
    [FieldOffset(40)] public ulong TracepointCookie;
    [FieldOffset(24)] public ulong EventConfig;
    [FieldOffset(32)] public uint EventType;
    [FieldOffset(40)] public ulong EventCookie;
}
