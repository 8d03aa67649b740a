using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

// The arms of union bpf_attr (include/uapi/linux/bpf.h), one struct per group of commands. A longer struct than an old kernel knows is
// accepted as long as the tail is zero (kernel/bpf/syscall.c: bpf_check_uarg_tail_zero). A test checks every offset against the kernel's BTF.

[InlineArray(16)]
struct ObjectName
{
    byte _first;
}

[StructLayout(LayoutKind.Sequential)]
struct MapCreateAttr
{
    public uint MapType, KeySize, ValueSize, MaxEntries, MapFlags;
    public int InnerMapFd;
    public uint NumaNode;
    public ObjectName MapName;
    public uint MapIfIndex;
    public int BtfFd;
    public uint BtfKeyTypeId, BtfValueTypeId, BtfVmlinuxValueTypeId;
    public ulong MapExtra;
    public int ValueTypeBtfObjFd, MapTokenFd;

    public void Use(BpfToken? token)
    {
        if (token is not null) (MapFlags, MapTokenFd) = (MapFlags | (uint)Bpf.MapFlags.Token, token.Fd.Value);
    }
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
struct MapElementAttr
{
    [FieldOffset(0)] public int MapFd;
    [FieldOffset(8)] public ulong Key;
    [FieldOffset(16)] public ulong Value;
    [FieldOffset(16)] public ulong NextKey;
    [FieldOffset(24)] public ulong Flags;
}

[StructLayout(LayoutKind.Sequential)]
struct MapBatchAttr
{
    public ulong InBatch, OutBatch, Keys, Values;
    public uint Count;
    public int MapFd;
    public ulong ElementFlags, Flags;
}

[StructLayout(LayoutKind.Sequential)]
struct ProgramLoadAttr
{
    public uint ProgramType, InstructionCount;
    public ulong Instructions, License;
    public uint LogLevel, LogSize;
    public ulong LogBuffer;
    public uint KernelVersion, ProgramFlags;
    public ObjectName ProgramName;
    public uint IfIndex, ExpectedAttachType;
    public int BtfFd;
    public uint FuncInfoRecordSize;
    public ulong FuncInfo;
    public uint FuncInfoCount, LineInfoRecordSize;
    public ulong LineInfo;
    public uint LineInfoCount, AttachBtfId;
    public int AttachFd;
    public uint CoreRelocationCount;
    public ulong FdArray, CoreRelocations;
    public uint CoreRelocationRecordSize, LogTrueSize;
    public int TokenFd;
    public uint FdArrayCount;
}

[StructLayout(LayoutKind.Sequential)]
struct ObjectPathAttr
{
    public ulong PathName;
    public int BpfFd;
    public uint FileFlags;
    public int PathFd;
}

[StructLayout(LayoutKind.Sequential)]
struct ProgramAttachAttr
{
    public int TargetFd, AttachBpfFd;
    public uint AttachType, AttachFlags;
    public int ReplaceBpfFd;
    public uint RelativeFdOrId;
    public ulong ExpectedRevision;
}

[StructLayout(LayoutKind.Sequential)]
struct ProgramTestRunAttr
{
    public int ProgramFd;
    public uint ReturnValue, DataSizeIn, DataSizeOut;
    public ulong DataIn, DataOut;
    public uint Repeat, Duration, ContextSizeIn, ContextSizeOut;
    public ulong ContextIn, ContextOut;
    public uint Flags, Cpu, BatchSize;
}

[StructLayout(LayoutKind.Sequential)]
struct ObjectIdAttr
{
    public uint Id, NextId, OpenFlags;
    public int TokenFd;
}

[StructLayout(LayoutKind.Sequential)]
struct ObjectInfoAttr
{
    public int BpfFd;
    public uint InfoLength;
    public ulong Info;
}

[StructLayout(LayoutKind.Sequential)]
struct ProgramQueryAttr
{
    public int TargetFd;
    public uint AttachType, QueryFlags, AttachFlags;
    public ulong ProgramIds;
    public uint Count;
    public ulong ProgramAttachFlags, LinkIds, LinkAttachFlags, Revision;
}

[StructLayout(LayoutKind.Sequential)]
struct RawTracepointAttr
{
    public ulong Name;
    public int ProgramFd;
    public ulong Cookie;
}

[StructLayout(LayoutKind.Sequential)]
struct BtfLoadAttr
{
    public ulong Btf, LogBuffer;
    public uint BtfSize, LogSize, LogLevel, LogTrueSize, Flags;
    public int TokenFd;
}

[StructLayout(LayoutKind.Sequential)]
struct TaskFdQueryAttr
{
    public int Pid, Fd;
    public uint Flags, BufferLength;
    public ulong Buffer;
    public uint ProgramId, FdType;
    public ulong ProbeOffset, ProbeAddress;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
struct LinkCreateAttr
{
    [FieldOffset(0)] public int ProgramFd;
    [FieldOffset(0)] public int MapFd;
    [FieldOffset(4)] public int TargetFd;
    [FieldOffset(4)] public uint TargetIfIndex;
    [FieldOffset(8)] public uint AttachType;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public uint TargetBtfId;
    [FieldOffset(16)] public IteratorArm Iterator;
    [FieldOffset(16)] public ulong PerfEventCookie;
    [FieldOffset(16)] public KprobeMultiArm KprobeMulti;
    [FieldOffset(16)] public TracingArm Tracing;
    [FieldOffset(16)] public NetfilterArm Netfilter;
    [FieldOffset(16)] public OrderedArm Ordered;
    [FieldOffset(16)] public UprobeMultiArm UprobeMulti;

    [StructLayout(LayoutKind.Sequential)]
    public struct IteratorArm { public ulong Info; public uint InfoLength; }

    [StructLayout(LayoutKind.Sequential)]
    public struct KprobeMultiArm { public uint Flags, Count; public ulong Symbols, Addresses, Cookies; }

    [StructLayout(LayoutKind.Sequential)]
    public struct TracingArm { public uint TargetBtfId; public ulong Cookie; }

    [StructLayout(LayoutKind.Sequential)]
    public struct NetfilterArm { public uint ProtocolFamily, Hook; public int Priority; public uint Flags; }

    /// <summary>tcx, netkit and cgroup share this arm: a position relative to another program or link.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OrderedArm { public uint RelativeFdOrId; public ulong ExpectedRevision; }

    [StructLayout(LayoutKind.Sequential)]
    public struct UprobeMultiArm { public ulong Path, Offsets, ReferenceCounterOffsets, Cookies; public uint Count, Flags, Pid; }
}

[StructLayout(LayoutKind.Sequential)]
struct LinkUpdateAttr
{
    public int LinkFd, NewFd;
    public uint Flags;
    public int OldFd;
}

[StructLayout(LayoutKind.Sequential)]
struct IteratorCreateAttr
{
    public int LinkFd;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
struct ProgramBindMapAttr
{
    public int ProgramFd, MapFd;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
struct TokenCreateAttr
{
    public uint Flags;
    public int BpffsFd;
}

[StructLayout(LayoutKind.Sequential)]
struct StreamReadAttr
{
    public ulong Buffer;
    public uint BufferLength, StreamId;
    public int ProgramFd;
}
