using System.Runtime.InteropServices;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>Layouts of <c>bpf/engine.h</c>, written down a second time on purpose: a change of the header shows here.</summary>
static class RecordLayouts
{
    public const ushort Exec = 1, Fork = 2, Exit = 3, Hook = 4, More = 5;

    public const int SlotValues = 16 + (32 * 8), SlotScratch = SlotValues + (16 * 8) + (16 * 4), SlotBody = SlotScratch + 8192, SlotSize = SlotBody + 24576 + 4096;

    [StructLayout(LayoutKind.Sequential)]
    public struct Header
    {
        public uint Length;
        public ushort Kind, Hook;
        public uint Generation, Flags;
        public ulong Time, Start;
        public uint Pid, Tid;
        public ulong Cgroup, ParentStart;
        public uint ParentPid, Cpu;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Credentials
    {
        public uint Uid, Gid, Euid, Egid, Suid, Sgid, Fsuid, Fsgid, SecureBits, UserNamespace, UserNamespaceLevel, UserNamespaceOwner;
        public ulong Permitted, Effective, Inheritable, Bounding, Ambient;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Namespaces
    {
        public uint Uts, Ipc, Mnt, Pid, PidForChildren, Net, Time, TimeForChildren, Cgroup, User;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Execution
    {
        public Header Header;
        public Credentials Credentials;
        public Namespaces Namespaces;
        public ulong ReplacedStart, Inode;
        public uint Links, Mode, Auid, Session, PidInNamespace, Terminal, ArgumentsTotal, EnvironmentTotal, ProcessGroup, ProcessSession;
        public ulong Changed, Modified;
        public ushort ExecutableLength, FilenameLength, CwdLength, CgroupLength;
        public uint ArgumentsLength, EnvironmentLength;
        public ulong CommLow, CommHigh;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MoreBytes
    {
        public Header Header;
        public uint Part, Offset, Length, Reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Argument
    {
        public ushort Offset, Length, Flags, Extra;
    }
}
