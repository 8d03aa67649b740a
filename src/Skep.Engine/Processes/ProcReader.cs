using System.Buffers.Text;
using System.Globalization;
using Skep.Bpf.Interop;
using Skep.Engine.Containers;

namespace Skep.Engine.Processes;

/// <summary>Reads processes from /proc. For one thread; a process that ends while it is read is no error.</summary>
public sealed class ProcReader
{
    /// <summary>The unit of times in /proc: USER_HZ is 100 on every architecture that eBPF runs on.</summary>
    public const ulong TickNanoseconds = 10_000_000;

    const int MaxNumbers = 33; // NSpid: pid namespaces nest 32 deep
    const uint KernelThread = 0x0020_0000; // include/linux/sched.h: PF_KTHREAD

    readonly string _proc;
    readonly CgroupHierarchy _hierarchy;
    readonly byte[] _buffer = new byte[16 * 1024], _path = new byte[4096];
    readonly byte[] _arguments;

    /// <summary>A reader.</summary>
    /// <param name="root">Where the host's root directory is seen.</param>
    /// <param name="hierarchy">For the ids of control groups; looked for when null.</param>
    /// <param name="argumentLimit">Bytes of arguments that are read of a process.</param>
    public ProcReader(string root = "/", CgroupHierarchy? hierarchy = null, int argumentLimit = 16 * 1024)
    {
        _proc = Path.Combine(root, "proc");
        _hierarchy = hierarchy ?? CgroupHierarchy.Find(root);
        _arguments = new byte[argumentLimit + 1];
    }

    /// <summary>The pids of all processes, kernel threads included.</summary>
    public IReadOnlyList<uint> Pids()
    {
        var pids = new List<uint>();
        foreach (var directory in Directory.EnumerateDirectories(_proc))
        {
            if (uint.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) pids.Add(pid);
        }
        return pids;
    }

    /// <summary>Reads a process; null when there is none of that pid, or it ended on the way.</summary>
    public ProcProcess? TryRead(uint pid)
    {
        var directory = $"{_proc}/{pid}/";
        if (!TryReadStat(directory, out var stat)) return null;
        var status = ReadText(directory + "status");
        if (status.IsEmpty) return null;
        var (uids, gids) = (Numbers(status, "Uid:"u8, 10), Numbers(status, "Gid:"u8, 10));
        var inNamespace = Numbers(status, "NSpid:"u8, 10);
        ulong permitted = Capabilities(status, "CapPrm:"u8), effective = Capabilities(status, "CapEff:"u8);
        ulong inheritable = Capabilities(status, "CapInh:"u8), bounding = Capabilities(status, "CapBnd:"u8), ambient = Capabilities(status, "CapAmb:"u8);
        var userNamespace = Namespace(directory, "user");
        var flags = ProcessFlags.Seeded;
        var names = stat.IsKernelThread ? KernelThreadNames(stat.Comm, ref flags) : Names(directory, ref flags);
        var arguments = stat.IsKernelThread ? null : Arguments(directory, ref flags);
        _ = Libc.TryStat(directory + "exe", out var executable);
        var cgroup = ReadText(directory + "cgroup").ToArray();
        var auditUid = Utf8Parser.TryParse(ReadText(directory + "loginuid"), out uint uid, out _) ? uid : uint.MaxValue;
        var process = new ProcProcess
        {
            Pid = pid,
            Start = stat.Start,
            ParentPid = stat.ParentPid,
            Names = names.Text,
            ExecutableLength = names.ExecutableLength,
            Arguments = arguments,
            Cgroup = cgroup,
            CgroupId = _hierarchy.PathIn(cgroup) is { } path ? _hierarchy.IdOf(path) : 0,
            Flags = flags,
            Credentials = new Credentials(
                (uint)uids[0], (uint)gids[0], (uint)uids[1], (uint)gids[1], (uint)uids[2], (uint)gids[2], (uint)uids[3], (uint)gids[3],
                0, userNamespace, 0, 0, permitted, effective, inheritable, bounding, ambient),
            Namespaces = new NamespaceSet(
                Namespace(directory, "uts"), Namespace(directory, "ipc"), Namespace(directory, "mnt"), Namespace(directory, "pid"),
                Namespace(directory, "pid_for_children"), Namespace(directory, "net"), Namespace(directory, "time"),
                Namespace(directory, "time_for_children"), Namespace(directory, "cgroup"), userNamespace),
            AuditUid = auditUid,
            PidInNamespace = (uint)(inNamespace.LastOrDefault(n => n != 0) is var last and not 0 ? last : pid),
            Inode = executable.Inode,
            Links = executable.Links,
            ExecutableChanged = (ulong)executable.Changed,
            Session = stat.Session,
        };
        // Read in pieces: all of them are of one process only if it is still the same one.
        return TryReadStat(directory, out var after) && after.Start == stat.Start ? process : null;
    }

    readonly record struct Stat(ulong Start, uint ParentPid, bool IsKernelThread, byte[] Comm, ProcessSession Session);

    // The name may hold any byte, blanks and parentheses included: the last ')' ends it.
    bool TryReadStat(string directory, out Stat stat)
    {
        stat = default;
        var text = ReadText(directory + "stat");
        var (open, close) = (text.IndexOf((byte)'('), text.LastIndexOf((byte)')'));
        if (open < 0 || close < open + 1 || close + 2 > text.Length) return false;
        var (field, parent, flags, start) = (3, 0UL, 0UL, ulong.MaxValue);
        var (group, session, terminal) = (0UL, 0UL, 0UL);
        var fields = text[(close + 2)..];
        foreach (var range in fields.Split((byte)' '))
        {
            if (field is 4 or 5 or 6 or 7 or 9 or 22 && Utf8Parser.TryParse(fields[range], out ulong number, out _))
            {
                if (field == 4) parent = number;
                else if (field == 5) group = number;
                else if (field == 6) session = number;
                else if (field == 7) terminal = number;
                else if (field == 9) flags = number;
                else start = number;
            }
            field++;
        }
        if (start == ulong.MaxValue) return false;
        stat = new Stat(start * TickNanoseconds, (uint)parent, (flags & KernelThread) != 0, text[(open + 1)..close].ToArray(), new ProcessSession((uint)terminal, (uint)group, (uint)session));
        return true;
    }

    static (SharedText? Text, int ExecutableLength) KernelThreadNames(byte[] comm, ref ProcessFlags flags)
    {
        flags |= ProcessFlags.RootWorkingDirectory;
        byte[] names = [(byte)'[', .. comm, (byte)']', (byte)'/'];
        return (new SharedText(names), names.Length - 1);
    }

    (SharedText? Text, int ExecutableLength) Names(string directory, ref ProcessFlags flags)
    {
        var length = Libc.TryReadLink(directory + "exe", _path);
        var executable = _path.AsSpan(0, Math.Max(length, 0));
        if (length < 0) flags |= ProcessFlags.ExecutableUnread;
        if (executable.EndsWith(" (deleted)"u8))
        {
            executable = executable[..^10];
            flags |= ProcessFlags.Unlinked;
        }
        if (executable.StartsWith("/memfd:"u8)) flags |= ProcessFlags.AnonymousExecutable;
        executable.CopyTo(_buffer);
        var executableLength = executable.Length;
        length = Libc.TryReadLink(directory + "cwd", _path);
        var workingDirectory = _path.AsSpan(0, Math.Max(length, 0));
        if (length < 0) flags |= ProcessFlags.NoWorkingDirectory;
        if (workingDirectory.EndsWith(" (deleted)"u8)) workingDirectory = workingDirectory[..^10];
        if (workingDirectory.SequenceEqual("/"u8)) flags |= ProcessFlags.RootWorkingDirectory;
        workingDirectory.CopyTo(_buffer.AsSpan(executableLength));
        return (SharedText.From(_buffer.AsSpan(0, executableLength + workingDirectory.Length)), executableLength);
    }

    SharedText? Arguments(string directory, ref ProcessFlags flags)
    {
        var limit = _arguments.Length - 1;
        var length = Libc.TryReadFile(directory + "cmdline", _arguments);
        if (length < 0) flags |= ProcessFlags.ArgumentsUnread;
        if (length <= 0) return null;
        if (length > limit) flags |= ProcessFlags.ArgumentsCut;
        length = Math.Min(length, limit);
        // A process that wrote a title over its arguments may have overwritten the last NUL.
        if (length < limit && _arguments[length - 1] != 0) _arguments[length++] = 0;
        return SharedText.From(_arguments.AsSpan(0, length));
    }

    static uint Namespace(string directory, string name) => Libc.TryStat($"{directory}ns/{name}", out var status) ? (uint)status.Inode : 0;

    ReadOnlySpan<byte> ReadText(string path) => _buffer.AsSpan(0, Math.Max(Libc.TryReadFile(path, _buffer), 0));

    static ulong Capabilities(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name) => Numbers(status, name, 16)[0];

    static ulong[] Numbers(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name, int radix)
    {
        var numbers = new ulong[MaxNumbers];
        foreach (var range in status.Split((byte)'\n'))
        {
            var line = status[range];
            if (!line.StartsWith(name)) continue;
            line = line[name.Length..];
            for (var i = 0; i < numbers.Length; i++)
            {
                line = line.TrimStart("\t "u8);
                if (!Utf8Parser.TryParse(line, out numbers[i], out var consumed, radix == 16 ? 'x' : default)) break;
                line = line[consumed..];
            }
            break;
        }
        return numbers;
    }
}
