using System.Runtime.InteropServices;
using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Tests.Records;

/// <summary>Writes records as the kernel's programs do.</summary>
static class RecordBuilder
{
    public static byte[] Fork(ProcessId id, ProcessId parent, ulong? time = null, uint? tid = null, ulong cgroup = 0, uint pidInNamespace = 0) =>
        Record(RecordKind.Fork, id, parent, time ?? id.Start, ProcessFlags.Forked, cgroup, tid, Bytes(new ForkRecord.Body { PidInNamespace = pidInNamespace }));

    public static byte[] Exit(ProcessId id, ProcessId parent, ulong time, uint status = 0, bool silent = false) =>
        Record(RecordKind.Exit, id, parent, time, 0, 0, null, Bytes(new ExitRecord.Body { Status = status, Silent = silent ? 1u : 0 }));

    public static byte[] Hook(ProcessId id, ProcessId parent, ulong time) => Record(RecordKind.Hook, id, parent, time, 0, 0, null, new byte[8]);

    public static byte[] Digest(ProcessId id, ulong time, int algorithm) =>
        Record(RecordKind.FileDigest, id, default, time, 0, 0, null, [.. BitConverter.GetBytes(algorithm), .. new byte[4], .. Enumerable.Range(1, 64).Select(i => (byte)i)]);

    public static byte[] Exec(
        ProcessId id, ProcessId parent, ulong replaced, string executable, string arguments = "", string cwd = "/", string environment = "",
        ulong cgroup = 0, string cgroupName = "", uint? argumentsTotal = null, ProcessFlags flags = 0)
    {
        var body = new ExecRecord.Body
        {
            Credentials = new Credentials(1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 8, 9, 1, 0, 11, 12, 13, 14, 15),
            Namespaces = new NamespaceSet(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
            ReplacedStart = replaced,
            Inode = 77,
            Links = 1,
            Mode = 0x81ed,
            AuditUid = 1000,
            Session = 3,
            PidInNamespace = id.Pid,
            ArgumentsTotal = argumentsTotal ?? (uint)arguments.Length,
            EnvironmentTotal = (uint)environment.Length,
            ExecutableLength = (ushort)executable.Length,
            FilenameLength = (ushort)executable.Length,
            WorkingDirectoryLength = (ushort)cwd.Length,
            CgroupLength = (ushort)cgroupName.Length,
            ArgumentsLength = (uint)arguments.Length,
            EnvironmentLength = (uint)environment.Length,
        };
        "comm"u8.CopyTo(body.Comm);
        var texts = Encoding.Latin1.GetBytes(executable + executable + cwd + cgroupName + arguments + environment);
        return Record(RecordKind.Exec, id, parent, id.Start, flags, cgroup, null, [.. Bytes(body), .. texts]);
    }

    public static byte[] More(ProcessId id, uint offset, string data, bool environment = false) =>
        Record(RecordKind.More, id, default, id.Start, 0, 0, null,
            [.. Bytes(new MoreRecord.Body { Part = environment ? 1u : 0, Offset = offset, DataLength = (uint)data.Length }), .. Encoding.Latin1.GetBytes(data)]);

    static byte[] Record(RecordKind kind, ProcessId id, ProcessId parent, ulong time, ProcessFlags flags, ulong cgroup, uint? tid, byte[] body)
    {
        var header = new RecordHeader(
            (uint)(RecordHeader.Size + body.Length), kind, 0, 1, flags, time, id.Start, id.Pid, tid ?? id.Pid, cgroup, parent.Start, parent.Pid, 0);
        return [.. Bytes(header), .. body];
    }

    static byte[] Bytes<T>(T value) where T : struct => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
