using System.Globalization;
using System.Text;
using Skep.Engine.Processes;
using Skep.Falco.Calls;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using static Skep.Falco.Events.EventFields;
using static Skep.Falco.Events.FieldReaders;

namespace Skep.Falco.Events;

/// <summary>Fields of the process, its ancestors, its user and its group.</summary>
static class ProcessFields
{
    const uint NoLogin = uint.MaxValue;

    /// <summary>Capabilities by number (include/uapi/linux/capability.h).</summary>
    static readonly string[] s_capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
        "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
        "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>Reads something of one process.</summary>
    delegate bool OfProcess(FalcoEvent source, ProcessInfo process, FieldReference field, out FieldValue value);

    public static void Register()
    {
        Own("proc.name", Name, values => values.Require(CallValues.Name));
        Add("proc.pname", One((FalcoEvent e, FieldReference f, out FieldValue v) => NameOfAncestor(e, 1, out v)), (values, _) => values.Require(CallValues.NameOfAncestor(1)));
        Add("proc.aname", (FalcoEvent e, FieldReference f, int position, out FieldValue v) =>
        {
            v = default;
            return (f.IsAnyAncestor || position == 0) && NameOfAncestor(e, f.IsAnyAncestor ? position + 1 : f.ArgumentIndex, out v);
        }, (values, f) =>
        {
            if (!f.IsAnyAncestor && f.ArgumentIndex is >= 0 and <= CallValues.MostGenerations) values.Require(CallValues.NameOfAncestor(f.ArgumentIndex));
        });
        Family("exe", "pexe", "aexe", Executed);
        Family("exepath", "pexepath", "aexepath", Path);
        Family("cmdline", "pcmdline", "acmdline", CommandLine);
        Family("pid", "ppid", "apid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.Id.Pid, out v));
        Own("proc.args", (FalcoEvent e, ProcessInfo p, FieldReference f, out FieldValue v) => f.ArgumentIndex < 0 ? Give(e.Keep(Joined(e, p)), out v) : OneArgument(p, f.ArgumentIndex + 1, out v));
        Own("proc.exeline", (FalcoEvent e, ProcessInfo p, FieldReference f, out FieldValue v) => Executed(e, p, f, out var exe) & Give(WithArguments(e, p, exe.Bytes), out v));
        Own("proc.cmdnargs", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((ulong)Math.Max(p.Arguments.Span.Count((byte)0) - 1, 0), out v));
        Own("proc.cmdlenargs", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((ulong)Math.Max(Rest(p).Length - Math.Max(p.Arguments.Span.Count((byte)0) - 1, 0), 0), out v));
        Own("proc.env", Environment);
        Own("proc.cwd", WorkingDirectory, values => values.Require(CallValues.WorkingDirectory));
        Own("proc.vpid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.PidInNamespace, out v) && p.PidInNamespace > 0);
        OfParent("proc.pvpid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.PidInNamespace, out v) && p.PidInNamespace > 0);
        Own("proc.sid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.Session.Session, out v));
        Own("proc.pgid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.Session.Group, out v));
        Own("proc.is_sid_leader", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.Session.Session == p.Id.Pid, out v));
        Own("proc.is_pgid_leader", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.Session.Group == p.Id.Pid, out v));
        Own("proc.is_vpgid_leader", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.Session.Group == p.Id.Pid, out v));
        Leader("proc.sname", p => p.Session.Session, Name);
        Leader("proc.sid.exe", p => p.Session.Session, Executed);
        Leader("proc.sid.exepath", p => p.Session.Session, Path);
        foreach (var group in (string[])["proc.pgid", "proc.vpgid"])
        {
            Leader($"{group}.name", p => p.Session.Group, Name);
            Leader($"{group}.exe", p => p.Session.Group, Executed);
            Leader($"{group}.exepath", p => p.Session.Group, Path);
        }
        Own("proc.tty", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((ulong)p.Session.Terminal, out v));
        Own("proc.is_exe_upper_layer", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.Flags.HasFlag(ProcessFlags.UpperLayer), out v));
        Own("proc.exe_ino.ctime", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.ExecutableChanged, out v) && p.ExecutableChanged != 0);
        Own("proc.exe_ino.mtime", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.ExecutableModified, out v) && p.ExecutableModified != 0);
        Own("proc.exe_ino.ctime_duration_proc_start", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) =>
            Give(e.TimeOf(p.Id.Start) is var start && start > p.ExecutableChanged ? start - p.ExecutableChanged : 0, out v) && p.ExecutableChanged != 0);
        Own("proc.nthreads", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => e.StatusOf(p) is { } s ? Give(s.Threads, out v) : None(out v));
        foreach (var name in (string[])["proc.vmsize", "thread.vmsize"]) Own(name, (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => e.StatusOf(p) is { } s ? Give(s.VirtualKilobytes, out v) : None(out v));
        foreach (var name in (string[])["proc.vmrss", "thread.vmrss"]) Own(name, (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => e.StatusOf(p) is { } s ? Give(s.ResidentKilobytes, out v) : None(out v));
        Own("proc.duration", Duration);
        OfParent("proc.ppid.duration", Duration);
        Own("proc.pid.ts", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(e.TimeOf(p.Id.Start), out v));
        OfParent("proc.ppid.ts", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(e.TimeOf(p.Id.Start), out v));
        Own("proc.is_exe_from_memfd", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.Flags.HasFlag(ProcessFlags.AnonymousExecutable), out v));
        Own("proc.exe_ino", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give((long)p.Inode, out v) && p.Inode != 0);
        Own("thread.cap_effective", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(Capabilities(e, p.Credentials.Effective), out v));
        Own("thread.cap_permitted", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(Capabilities(e, p.Credentials.Permitted), out v));
        Own("thread.cap_inheritable", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(Capabilities(e, p.Credentials.Inheritable), out v));
        Own("thread.tid", (FalcoEvent e, ProcessInfo _, FieldReference _, out FieldValue v) => Give((long)e.Tid, out v));
        Own("thread.ismain", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(e.Tid == p.Id.Pid, out v));
        Own("user.uid", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give((ulong)User(e, p), out v), values => values.Require(CallValues.User));
        Own("user.name", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(e.Users.User(User(e, p)) is { } user ? user.Name : "<NA>"u8, out v), values => values.Require(CallValues.User));
        Own("user.homedir", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => e.Users.User(User(e, p)) is { } user ? Give(user.Home, out v) : None(out v), values => values.Require(CallValues.User));
        Own("user.shell", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => e.Users.User(User(e, p)) is { } user ? Give(user.Shell, out v) : None(out v), values => values.Require(CallValues.User));
        Own("user.loginuid", (FalcoEvent _, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.AuditUid == NoLogin ? -1L : p.AuditUid, out v));
        Own("user.loginname", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(p.AuditUid != NoLogin && e.Users.User(p.AuditUid) is { } user ? user.Name : "<NA>"u8, out v));
        Own("group.gid", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give((ulong)Group(e, p), out v), values => values.Require(CallValues.Group));
        Own("group.name", (FalcoEvent e, ProcessInfo p, FieldReference _, out FieldValue v) => Give(e.Users.Group(Group(e, p)) is { } group ? group.Name : "<NA>"u8, out v), values => values.Require(CallValues.Group));
    }

    /// <summary>The same field of the process, of its parent, and of its ancestors by number or all.</summary>
    static void Family(string own, string parent, string ancestors, OfProcess read)
    {
        Own($"proc.{own}", read);
        OfParent($"proc.{parent}", read);
        Add($"proc.{ancestors}", (FalcoEvent e, FieldReference f, int position, out FieldValue v) =>
        {
            v = default;
            if (!f.IsAnyAncestor && position > 0) return false;
            return AncestorOf(e.Process, f.IsAnyAncestor ? position + 1 : f.ArgumentIndex) is { } ancestor && read(e, ancestor, f, out v);
        });
    }

    static void Own(string name, OfProcess read, Action<CallValues>? needs = null) =>
        Add(name, One((FalcoEvent e, FieldReference f, out FieldValue v) => e.Process is { } process ? read(e, process, f, out v) : None(out v)), needs is null ? null : (values, _) => needs(values));

    static void OfParent(string name, OfProcess read) =>
        Add(name, One((FalcoEvent e, FieldReference f, out FieldValue v) => e.Process?.Parent is { } parent ? read(e, parent, f, out v) : None(out v)));

    /// <summary>
    /// The name of an ancestor: as the kernel has it at the event where that is asked for, since it decides by that too; parents that have ended or changed their
    /// names are other ones there than those that once started the process.
    /// </summary>
    static bool NameOfAncestor(FalcoEvent e, int generation, out FieldValue value)
    {
        if (generation is >= 0 and <= CallValues.MostGenerations && e.TryBytes(CallValues.NameOfAncestor(generation), out var now) && !now.IsEmpty) return Give(now, out value);
        return AncestorOf(e.Process, generation) is { } ancestor ? Give(NameOf(e, ancestor), out value) : None(out value);
    }

    static ProcessInfo? AncestorOf(ProcessInfo? process, int generation)
    {
        for (; generation > 0 && process is not null; generation--) process = process.Parent;
        return generation < 0 ? null : process;
    }

    /// <summary>The short name: of the process itself as it is at the event, of others as they began.</summary>
    static bool Name(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        if (process == e.Process && e.TryBytes(CallValues.Name, out var now) && !now.IsEmpty) return Give(now, out value);
        return Give(NameOf(e, process), out value);
    }

    static ReadOnlySpan<byte> NameOf(FalcoEvent e, ProcessInfo process)
    {
        const int Longest = 15; // TASK_COMM_LEN without its NUL
        if (process == e.Process && e.TryBytes(CallValues.Name, out var now) && !now.IsEmpty) return now;
        if (!process.Comm.IsEmpty) return process.Comm.Span;
        // Older than the agent: the kernel makes the name of the file's.
        var path = process.Executable.Span;
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        return name.Length > Longest ? name[..Longest] : name;
    }

    // What is in memory alone has no path there, but a name.
    static bool Path(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        var path = process.Executable.Span;
        return Give(path.StartsWith("/memfd:"u8) ? path[1..] : path, out value);
    }

    /// <summary>Something of the leader of a group or session: the process itself or the nearest ancestor that is it.</summary>
    static void Leader(string name, Func<ProcessInfo, uint> id, OfProcess read) => Own(name, (FalcoEvent e, ProcessInfo p, FieldReference f, out FieldValue v) =>
    {
        var wanted = id(p);
        for (var leader = p; leader is not null; leader = leader.Parent)
        {
            if (leader.Id.Pid == wanted) return read(e, leader, f, out v);
        }
        return None(out v);
    });

    static bool Executed(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        var arguments = process.Arguments.Span;
        var end = arguments.IndexOf((byte)0);
        return Give(end > 0 ? arguments[..end] : end < 0 && !arguments.IsEmpty ? arguments : NameOf(e, process), out value);
    }

    static bool CommandLine(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value) => Give(WithArguments(e, process, NameOf(e, process)), out value);

    static ReadOnlySpan<byte> WithArguments(FalcoEvent e, ProcessInfo process, ReadOnlySpan<byte> name)
    {
        var rest = Rest(process);
        if (rest.IsEmpty) return name;
        var room = e.Room(name.Length + 1 + rest.Length);
        name.CopyTo(room);
        room[name.Length] = (byte)' ';
        rest.CopyTo(room[(name.Length + 1)..]);
        room.Slice(name.Length + 1, rest.Length).Replace((byte)0, (byte)' ');
        return e.Keep(name.Length + 1 + rest.Length);
    }

    /// <summary>The arguments behind the program's own name, with NULs between them.</summary>
    static ReadOnlySpan<byte> Rest(ProcessInfo process)
    {
        var arguments = process.Arguments.Span;
        var end = arguments.IndexOf((byte)0);
        return end < 0 ? default : arguments[(end + 1)..].TrimEnd((byte)0);
    }

    static int Joined(FalcoEvent e, ProcessInfo process)
    {
        var rest = Rest(process);
        var room = e.Room(rest.Length);
        rest.CopyTo(room);
        room[..rest.Length].Replace((byte)0, (byte)' ');
        return rest.Length;
    }

    static bool OneArgument(ProcessInfo process, int index, out FieldValue value)
    {
        var rest = process.Arguments.Span;
        for (; index > 0 && !rest.IsEmpty; index--)
        {
            var end = rest.IndexOf((byte)0);
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        if (rest.IsEmpty) return None(out value);
        var length = rest.IndexOf((byte)0);
        return Give(length < 0 ? rest : rest[..length], out value);
    }

    static bool Environment(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        var all = process.Environment.Span;
        if (all.IsEmpty) return None(out value);
        if (field.Argument is null)
        {
            all = all.TrimEnd((byte)0);
            all.CopyTo(e.Room(all.Length));
            e.Room(all.Length)[..all.Length].Replace((byte)0, (byte)' ');
            return Give(e.Keep(all.Length), out value);
        }
        var name = field.ArgumentBytes.Span;
        while (!all.IsEmpty)
        {
            var end = all.IndexOf((byte)0);
            var variable = end < 0 ? all : all[..end];
            all = end < 0 ? default : all[(end + 1)..];
            if (variable.Length > name.Length && variable[name.Length] == (byte)'=' && variable.StartsWith(name)) return Give(variable[(name.Length + 1)..], out value);
        }
        return None(out value);
    }

    static bool WorkingDirectory(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        if (!e.TryBytes(CallValues.WorkingDirectory, out var now) || now.IsEmpty) now = process.WorkingDirectory.Span;
        if (now.IsEmpty) return None(out value);
        return Give(now[^1] == (byte)'/' ? now : e.Join(now, "/"u8), out value);
    }

    static bool Duration(FalcoEvent e, ProcessInfo process, FieldReference field, out FieldValue value)
    {
        var start = e.TimeOf(process.Id.Start);
        return Give(e.Time > start ? e.Time - start : 0, out value);
    }

    static uint User(FalcoEvent e, ProcessInfo process) => e.TryNumber(CallValues.User, out var now) ? (uint)now : process.Credentials.EffectiveUid;

    static uint Group(FalcoEvent e, ProcessInfo process) => e.TryNumber(CallValues.Group, out var now) ? (uint)now : process.Credentials.EffectiveGid;

    static ReadOnlySpan<byte> Capabilities(FalcoEvent e, ulong set)
    {
        var text = new StringBuilder();
        for (var i = 0; i < s_capabilities.Length; i++)
        {
            if ((set >> i & 1) == 0) continue;
            if (text.Length > 0) text.Append(' ');
            text.Append(s_capabilities[i]);
        }
        return e.Keep(text.ToString());
    }

    /// <summary>A parameter of an execution.</summary>
    public static bool TryArgument(FalcoEvent e, string name, bool isRaw, out FieldValue value)
    {
        if (e.Process is not { } process) return None(out value);
        switch (name)
        {
            case "res": return isRaw ? Give(0L, out value) : Give("0"u8, out value);
            case "exe": return Executed(e, process, null!, out value);
            case "args": return Give(e.Keep(Joined(e, process)), out value);
            case "comm": return Give(NameOf(e, process), out value);
            case "filename": return Give(process.Filename.Span, out value) && !process.Filename.IsEmpty;
            case "trusted_exepath": return Give(process.Executable.Span, out value);
            case "cwd": return WorkingDirectory(e, process, null!, out value);
            case "tid" or "pid": return isRaw ? Give((long)process.Id.Pid, out value) : Give(e.Keep(string.Create(CultureInfo.InvariantCulture, $"{process.Id.Pid}({Encoding.UTF8.GetString(NameOf(e, process))})")), out value);
            case "ptid": return isRaw ? Give((long)process.ParentId.Pid, out value) : Give(e.Keep(process.ParentId.Pid.ToString(CultureInfo.InvariantCulture)), out value);
            case "uid": return isRaw ? Give((ulong)process.Credentials.EffectiveUid, out value) : Give(e.Users.User(process.Credentials.EffectiveUid) is { } user ? user.Name : "<NA>"u8, out value);
            case "gid": return isRaw ? Give((ulong)process.Credentials.EffectiveGid, out value) : Give(e.Users.Group(process.Credentials.EffectiveGid) is { } group ? group.Name : "<NA>"u8, out value);
            case "loginuid": return Give(process.AuditUid == NoLogin ? -1L : process.AuditUid, out value) && isRaw;
            case "cap_effective": return isRaw ? Give(process.Credentials.Effective, out value) : Give(Capabilities(e, process.Credentials.Effective), out value);
            case "cap_permitted": return isRaw ? Give(process.Credentials.Permitted, out value) : Give(Capabilities(e, process.Credentials.Permitted), out value);
            case "cap_inheritable": return isRaw ? Give(process.Credentials.Inheritable, out value) : Give(Capabilities(e, process.Credentials.Inheritable), out value);
            case "exe_ino": return Give(process.Inode, out value) && isRaw;
            case "flags": return !isRaw ? Give(process.Flags.HasFlag(ProcessFlags.AnonymousExecutable) ? "EXE_FROM_MEMFD"u8 : process.Flags.HasFlag(ProcessFlags.UpperLayer) ? "EXE_UPPER_LAYER"u8 : "0"u8, out value) : None(out value);
            default: return None(out value);
        }
    }

    /// <summary>All parameters of an execution that are known.</summary>
    public static bool TryArguments(FalcoEvent e, out FieldValue value)
    {
        var text = new StringBuilder();
        foreach (var parameter in e.Kind.Parameters)
        {
            if (!TryArgument(e, parameter.Name, isRaw: false, out var one)) continue;
            if (text.Length > 0) text.Append(' ');
            text.Append(parameter.Name).Append('=').Append(Encoding.UTF8.GetString(one.Bytes));
        }
        return Give(e.Keep(text.ToString()), out value);
    }
}
