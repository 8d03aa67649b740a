using System.Runtime.InteropServices;
using Skep.Engine.Containers;
using Skep.Engine.Records;
using Skep.Engine.Runtime;

namespace Skep.Engine.Processes;

/// <summary>
/// The processes of the host, running and recently ended, as the kernel's records tell them. One thread writes: the one that reads the
/// records; it alone may call the methods. A <see cref="ProcessInfo"/> that was handed out may be read elsewhere.
/// </summary>
/// <remarks>
/// <para>Identity is the kernel's (pid and start), so that a reused pid is another process. An execution ends the image before it and makes
/// a new one with the same parent. An ended image stays for <see cref="ProcessTreeOptions.Grace"/>, and as long as a descendant runs.</para>
/// <para>Memory: after every call <see cref="RetainedBytes"/> is at most the cap. What leaves first: ended processes without running
/// descendants, oldest first; texts of the other ended ones; these themselves; texts of running ones; running ones, oldest first.</para>
/// </remarks>
public sealed partial class ProcessTree
{
    /// <summary>Ancestors that are looked for where none of them is known.</summary>
    const int MostGenerations = 32;

    readonly Dictionary<ProcessId, ProcessInfo> _byId = [];
    readonly Dictionary<uint, ProcessInfo> _newest = [];
    readonly ProcessTreeOptions _options;
    readonly ContainerCatalogue? _containers;
    readonly ProcReader? _proc;
    readonly ulong _grace;
    ulong _now;

    /// <summary>Makes an empty tree.</summary>
    /// <param name="options">Its limits.</param>
    /// <param name="containers">Where containers are looked up; null to know of none.</param>
    /// <param name="proc">Where a process is looked up whose start was lost; null to leave it unknown.</param>
    /// <exception cref="ArgumentOutOfRangeException">The memory cap is below <see cref="ProcessTreeOptions.MinimumMemoryCap"/>.</exception>
    public ProcessTree(ProcessTreeOptions options, ContainerCatalogue? containers = null, ProcReader? proc = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MemoryCap, ProcessTreeOptions.MinimumMemoryCap);
        _options = options;
        _containers = containers;
        _proc = proc;
        _grace = (ulong)options.Grace.TotalNanoseconds;
    }

    /// <summary>Whether the kernel leaves out processes that no policy asks for: not to know one is no loss then.</summary>
    public bool ExpectsUntold { get; set; }

    /// <summary>Tells what the kernel's record of a running process says; null to go by /proc alone.</summary>
    internal Func<uint, ListedProcess?>? KernelRecord { get; set; }

    /// <summary>What happened beside the plain work.</summary>
    public ProcessTreeCounters Counters { get; } = new();

    /// <summary>Processes in the tree.</summary>
    public int Count => _byId.Count;

    /// <summary>Processes in the tree that have not ended.</summary>
    public int RunningCount => _running.Count + _runningBare.Count;

    /// <summary>All processes in the tree, in no order; not to be kept over a change.</summary>
    public IReadOnlyCollection<ProcessInfo> Processes => _byId.Values;

    /// <summary>The process of this identity, running or recently ended; null when it is not known.</summary>
    public ProcessInfo? Find(ProcessId id) => _byId.GetValueOrDefault(id);

    /// <summary>The newest process of this pid, running or recently ended; null when none is known.</summary>
    public ProcessInfo? FindNewest(uint pid) => _newest.GetValueOrDefault(pid);

    /// <summary>Takes a record of any kind and returns its process; null, and counted, when the record is malformed.</summary>
    public ProcessInfo? OnRecord(ReadOnlySpan<byte> bytes)
    {
        if (RecordHeader.TryRead(bytes, out var header))
        {
            switch (header.Kind)
            {
                case RecordKind.Exec when ExecRecord.TryRead(bytes, out var exec): return OnExec(exec);
                case RecordKind.Fork when ForkRecord.TryRead(bytes, out var fork): return OnFork(fork);
                case RecordKind.Exit when ExitRecord.TryRead(bytes, out var exit): return OnExit(exit);
                case RecordKind.More when MoreRecord.TryRead(bytes, out var more): return OnMore(more);
                case RecordKind.Hook: return Of(header);
            }
        }
        Counters.Malformed++;
        return null;
    }

    /// <summary>A process executed a program: its new image.</summary>
    public ProcessInfo OnExec(in ExecRecord record)
    {
        var header = record.Header;
        Advance(header.Time);
        if (KnownStart(header.Id, out var known)) return known;
        var replaced = Find(new ProcessId(header.Pid, record.ReplacedStart));
        var parentId = header.ParentId == default && replaced is not null ? replaced.ParentId : header.ParentId;
        var container = ContainerOf(header.Cgroup, record.CgroupName, header.Pid);
        var names = ExecutionNames.Of(record);
        var fresh = new ProcessInfo
        {
            Id = header.Id,
            ParentId = parentId,
            Parent = ParentOf(parentId, header.Id),
            // One that is told late may not have executed anything of its own.
            Flags = (header.Flags & ProcessFlags.Late) != 0 ? header.Flags & ~ProcessFlags.Late : header.Flags & ~ProcessFlags.Forked,
            Executable = names.Executable,
            WorkingDirectory = names.WorkingDirectory,
            Filename = names.Filename,
            Comm = names.Comm,
            NamesText = names.Text,
            ArgumentsTotal = record.ArgumentsTotal,
            EnvironmentTotal = record.EnvironmentTotal,
            Credentials = record.Credentials,
            Namespaces = record.Namespaces,
            AuditUid = record.AuditUid,
            PidInNamespace = record.PidInNamespace,
            Inode = record.Inode,
            Links = record.Links,
            ExecutableChanged = record.ExecutableChanged,
            ExecutableModified = record.ExecutableModified,
            Session = record.ProcessSession,
            CgroupId = header.Cgroup,
            Container = container,
        };
        fresh.ReplaceArguments(SharedText.From(record.Arguments));
        fresh.ReplaceEnvironment(SharedText.From(record.Environment));
        Enter(fresh, known, replacedStart: record.ReplacedStart);
        return fresh;
    }

    /// <summary>A process was created: the child, which shares its parent's texts until it executes a program. For a thread, its process.</summary>
    public ProcessInfo OnFork(in ForkRecord record)
    {
        var header = record.Header;
        if (header.Tid != header.Pid)
        {
            Counters.Threads++;
            return Of(header);
        }
        Advance(header.Time);
        if (KnownStart(header.Id, out var known)) return known;
        var parent = ParentOf(header.ParentId, header.Id);
        var fresh = new ProcessInfo
        {
            Id = header.Id,
            ParentId = header.ParentId,
            Parent = parent,
            Flags = header.Flags | ProcessFlags.Forked | (parent is null ? 0 : parent.Flags & InheritedFlags),
            Executable = parent?.Executable ?? default,
            WorkingDirectory = parent?.WorkingDirectory ?? default,
            Filename = parent?.Filename ?? default,
            Comm = parent?.Comm ?? default,
            NamesText = parent?.NamesText,
            ArgumentsTotal = parent?.ArgumentsTotal ?? 0,
            EnvironmentTotal = parent?.EnvironmentTotal ?? 0,
            Credentials = parent?.Credentials ?? default,
            Namespaces = parent?.Namespaces ?? default,
            AuditUid = parent?.AuditUid ?? uint.MaxValue,
            PidInNamespace = record.PidInNamespace,
            Inode = parent?.Inode ?? 0,
            Links = parent?.Links ?? 0,
            ExecutableChanged = parent?.ExecutableChanged ?? 0,
            ExecutableModified = parent?.ExecutableModified ?? 0,
            Session = parent?.Session ?? default,
            CgroupId = header.Cgroup,
            Container = parent is not null && parent.CgroupId == header.Cgroup ? parent.Container : ContainerOf(header.Cgroup, default, header.Pid),
            UnknownBecause = parent is null ? "its parent is not known" : parent.UnknownBecause,
        };
        fresh.ReplaceArguments(parent?.ArgumentsText);
        fresh.ReplaceEnvironment(parent?.EnvironmentText);
        Enter(fresh, known);
        return fresh;
    }

    /// <summary>A process ended: the image that it was.</summary>
    public ProcessInfo OnExit(in ExitRecord record)
    {
        var header = record.Header;
        var process = Of(header);
        if (process.IsAlive) End(process, header.Time);
        else if (process.IsPlaceholder) process.EndTime = header.Time;
        else Counters.Repeated++;
        Shrink(process);
        return process;
    }

    /// <summary>More of the arguments or the environment of an execution: the image that they belong to.</summary>
    public ProcessInfo OnMore(in MoreRecord record)
    {
        var process = Of(record.Header);
        var present = record.IsEnvironment ? process.Environment : process.Arguments;
        // Two threads told of their process at once.
        if (record.Offset < present.Length && record.Offset + record.Data.Length <= present.Length)
        {
            Counters.Repeated++;
            return process;
        }
        if (process.IsPlaceholder || process.Tree != this || record.Offset != present.Length || !HasRoomFor(present.Length + record.Data.Length))
        {
            Counters.TextsCut++;
            process.Mark(record.IsEnvironment ? ProcessFlags.EnvironmentCut : ProcessFlags.ArgumentsCut, null);
            return process;
        }
        if (record.Data.IsEmpty) return process;
        var bytes = new byte[present.Length + record.Data.Length];
        present.Span.CopyTo(bytes);
        record.Data.CopyTo(bytes.AsSpan(present.Length));
        Exchange(process, new SharedText(bytes), record.IsEnvironment);
        Shrink(process);
        return process;
    }

    /// <summary>The process of a record of any kind. One whose start was lost is entered with what can still be known of it.</summary>
    public ProcessInfo Of(in RecordHeader header)
    {
        Advance(header.Time);
        return Find(header.Id) ?? EnterUnknown(header);
    }

    /// <summary>
    /// Enters a process that is older than the records; its parent must have been entered before. False when the tree knows it from records,
    /// which are nearer to the truth than /proc.
    /// </summary>
    public bool Seed(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (_byId.ContainsKey(process.Id)) return false;
        if (FindNewest(process.Id.Pid) is { } newest)
        {
            var end = newest.IsAlive ? newest.Id.Start : newest.EndTime;
            if (process.Id.Start <= end + ProcReader.TickNanoseconds) return false;
        }
        process.AdoptBy(Find(process.ParentId));
        Enter(process, null);
        return true;
    }

    /// <summary>Lets go of what ended too long ago. Records do so too; this is for a host on which nothing happens.</summary>
    public void Advance(ulong now)
    {
        if (now > _now) _now = now;
        while (_ended.First is { } oldest && oldest.ListedAt + _grace < _now)
        {
            Remove(oldest);
            Counters.Expired++;
        }
    }

    const ProcessFlags InheritedFlags = ProcessFlags.InInitTree | ProcessFlags.NoWorkingDirectory | ProcessFlags.RootWorkingDirectory
        | ProcessFlags.WorkingDirectoryUnread | ProcessFlags.ArgumentsCut | ProcessFlags.ArgumentsUnread | ProcessFlags.EnvironmentCut
        | ProcessFlags.EnvironmentUnread | ProcessFlags.Unlinked | ProcessFlags.AnonymousExecutable | ProcessFlags.ExecutableUnread
        | ProcessFlags.FilenameCut;

    // True when this start was told before. A placeholder of that identity is handed out to be replaced.
    bool KnownStart(ProcessId id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProcessInfo? known)
    {
        known = Find(id);
        if (known is null || known.IsPlaceholder) return false;
        Counters.Repeated++;
        return true;
    }

    ProcessInfo? ParentOf(ProcessId id, ProcessId child, int generations = MostGenerations)
    {
        if (id == default || id == child) return null;
        if (Find(id) is { } known) return known;
        return generations > 0 ? EnterUnknown(new RecordHeader { Pid = id.Pid, Tid = id.Pid, Start = id.Start }, mayBeGone: true, generations - 1) : null;
    }

    /// <summary>
    /// Enters what can be known of a process of which no record came, and of its ancestors as far as they are not known either: they may have been left out, or
    /// be older than it.
    /// </summary>
    ProcessInfo EnterUnknown(in RecordHeader header, bool mayBeGone = false, int generations = MostGenerations)
    {
        if (ExpectsUntold) Counters.Untold++;
        else Counters.LostStarts++;
        var reason = ExpectsUntold ? "no policy asked for its start" : "its start was not seen";
        // A newer image of this pid is what /proc would show by now.
        var record = KernelRecord?.Invoke(header.Pid);
        var superseded = (FindNewest(header.Pid) is { } newest && newest.Id.Start > header.Start) || record?.Id.Start > header.Start;
        var found = superseded ? null : _proc?.TryRead(header.Pid);
        if (found is not null && !found.IsSameProcess(header.Start)) found = null;
        var process = found?.ToProcessInfo(header.Id, header.Flags, _containers, $"{reason}: as found in /proc afterwards")
            ?? new ProcessInfo
            {
                Id = header.Id,
                Flags = header.Flags,
                Executable = default,
                CgroupId = header.Cgroup,
                Container = ContainerOf(header.Cgroup, default, header.Pid),
                UnknownBecause = reason,
            };
        process.IsPlaceholder = true;
        // A parent that ended before anything asked for it.
        if (mayBeGone && ExpectsUntold && found is null && _proc is not null) process.EndTime = Math.Max(_now, 1);
        var parentId = header.ParentPid != 0 ? header.ParentId : record?.Id == header.Id ? record.Value.ParentId : found is null ? default : NewestImage(found.ParentPid);
        if (ParentOf(parentId, header.Id, generations) is { } parent)
        {
            // It may have been entered as an ancestor of its own ancestor, where pids were reused.
            if (Find(header.Id) is { } already) return already;
            process.AdoptBy(parent, parent.Id);
        }
        else if (header.ParentPid != 0)
        {
            process.AdoptBy(null, header.ParentId);
        }
        Enter(process, null);
        return process;
    }

    /// <summary>The identity of what has a pid now.</summary>
    ProcessId NewestImage(uint pid)
    {
        if (pid == 0) return default;
        if (KernelRecord?.Invoke(pid) is { } record) return record.Id;
        if (FindNewest(pid) is { } newest) return newest.Id;
        return _proc?.TryRead(pid) is { } process ? new ProcessId(pid, process.Start) : default;
    }

    ContainerInfo? ContainerOf(ulong cgroup, ReadOnlySpan<byte> directory, uint pid) =>
        cgroup == 0 ? null : _containers?.Find(cgroup, directory, pid);
}
