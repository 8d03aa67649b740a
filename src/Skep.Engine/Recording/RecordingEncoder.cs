using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Recording;

/// <summary>
/// Writes events as entries. What an event refers to – processes with their ancestors, containers, hooks – is written before it, once in a segment and
/// again when it has changed. Nothing is allocated but for what is new.
/// </summary>
sealed class RecordingEncoder(IHookTagCodec? tags, IProcessRedactor? redactor = null)
{
    // Segments of different agents may follow each other.
    static uint s_segments = (uint)Random.Shared.Next();

    readonly Dictionary<HookRequest, WrittenHook> _hooks = new(ReferenceEqualityComparer.Instance);
    readonly ProcessInfo[] _line = new ProcessInfo[RecordingFormat.LongestLine];
    EntryBuffer _buffer = new(0);
    uint _segment;
    int _processes, _containers, _hookCount;
    long _bootTime;
    ulong _time;
    RecordIdentity _record;

    /// <summary>What the segment's blocks name it by.</summary>
    public uint Segment => _segment;

    /// <summary>From here on everything is written again.</summary>
    public void BeginSegment()
    {
        _segment = Interlocked.Increment(ref s_segments);
        (_processes, _containers, _hookCount) = (0, 0, 0);
        _hooks.Clear();
    }

    /// <summary>The block that entries go to. Times and repeated records refer to what is before them in the block.</summary>
    public void BeginBlock(EntryBuffer buffer)
    {
        (_buffer, _time, _record, _bootTime) = (buffer, 0, default, 0);
    }

    /// <summary>Nanoseconds between 1970 and boot for what follows.</summary>
    public void Clock(long bootTime)
    {
        if (bootTime == _bootTime) return;
        _bootTime = bootTime;
        var entry = _buffer.Begin(EntryKind.Clock);
        _buffer.Signed(bootTime);
        _buffer.End(entry);
    }

    public void Execution(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches) => Of(EntryKind.Execution, process, time, tid, null, matches);

    public void Exit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches) => Of(EntryKind.Exit, process, time, tid, status, matches);

    public void Match(in HookEvent hookEvent)
    {
        var process = Define(hookEvent.Process);
        var hook = Define(hookEvent.Request, hookEvent.PolicyName, hookEvent.Places);
        var identity = RecordIdentity.Of(hookEvent.Record);
        var entry = _buffer.Begin(EntryKind.Match);
        _buffer.Number((uint)hook);
        _buffer.Number((uint)(hookEvent.Rule + 1));
        _buffer.Number((uint)hookEvent.Actions);
        _buffer.Number((uint)process);
        _buffer.Number((uint)Math.Max(hookEvent.Process?.References ?? 0, 0));
        _buffer.Text(hookEvent.Process?.UnknownBecause == hookEvent.UnknownBecause ? "" : hookEvent.UnknownBecause);
        // Several policies may have matched one record.
        if (identity == _record) _buffer.Number(0);
        else _buffer.Bytes(hookEvent.Record.Bytes);
        _record = identity;
        Stack(hookEvent.KernelStack, hookEvent.Symbols, null);
        Stack(hookEvent.UserStack, hookEvent.Symbols, hookEvent.Process);
        _buffer.End(entry);
    }

    public void Coverage(long time, IReadOnlyList<ObservedHook> hooks)
    {
        var entry = _buffer.Begin(EntryKind.Coverage);
        _buffer.Signed(time);
        _buffer.Number((uint)hooks.Count);
        foreach (var hook in hooks)
        {
            _buffer.Text(hook.Hook);
            _buffer.Byte(hook.IsComplete ? (byte)1 : (byte)0);
            _buffer.Number((uint)hook.PolicyCount);
            _buffer.Number((uint)hook.Policies.Count);
            foreach (var policy in hook.Policies) _buffer.Text(policy);
        }
        _buffer.End(entry);
    }

    public void Loss(long time, RecordedLoss loss)
    {
        var entry = _buffer.Begin(EntryKind.Loss);
        _buffer.Signed(time);
        _buffer.Signed(loss.Kernel);
        _buffer.Signed(loss.Recorder);
        _buffer.End(entry);
    }

    void Of(EntryKind kind, ProcessInfo process, ulong time, uint tid, uint? status, ReadOnlySpan<ProcessMatch> matches)
    {
        var number = Define(process);
        foreach (var match in matches) Define(match.Request, match.PolicyName, default);
        var entry = _buffer.Begin(kind);
        _buffer.Number((uint)number);
        _buffer.Signed((long)(time - _time));
        _time = time;
        _buffer.Number(tid);
        _buffer.Number((uint)Math.Max(process.References, 0));
        _buffer.Number((uint)Math.Max(process.Parent?.References ?? 0, 0));
        if (status is { } given) _buffer.Number(given);
        _buffer.Number((uint)matches.Length);
        foreach (var match in matches)
        {
            _buffer.Number((uint)_hooks[match.Request].Number);
            _buffer.Number((uint)(match.Rule + 1));
            _buffer.Number((uint)match.Actions);
        }
        _buffer.End(entry);
    }

    /// <summary>The functions are named now: later the process is gone, or another kernel runs.</summary>
    void Stack(ReadOnlySpan<ulong> addresses, IStackSymbols? symbols, ProcessInfo? process)
    {
        _buffer.Number((uint)addresses.Length);
        foreach (var address in addresses)
        {
            StackSymbol symbol = default;
            var isKnown = address != 0 && symbols is not null && symbols.TryResolve(address, process, out symbol);
            _buffer.Number(address);
            _buffer.Byte(isKnown ? (byte)1 : (byte)0);
            if (!isKnown) continue;
            _buffer.Text(symbol.Name);
            _buffer.Text(symbol.Module);
            _buffer.Number(symbol.Offset);
        }
    }

    int Define(ProcessInfo? process)
    {
        if (process is null) return 0;
        var count = 0;
        for (var next = process; next is not null && count < _line.Length; next = next.Parent) _line[count++] = next;
        var parent = 0;
        while (--count >= 0)
        {
            var next = _line[count];
            var container = Define(next.Container);
            ref var mark = ref next.RecordingMark;
            var isWritten = mark.Segment == _segment;
            if (!isWritten || mark.Version != next.OwnVersion || mark.Parent != parent)
            {
                mark = new RecordingMark { Segment = _segment, Number = isWritten ? mark.Number : ++_processes, Version = next.OwnVersion, Parent = parent };
                Write(next, mark.Number, parent, container);
            }
            parent = mark.Number;
        }
        return parent;
    }

    void Write(ProcessInfo process, int number, int parent, int container)
    {
        var entry = _buffer.Begin(EntryKind.Process);
        _buffer.Number((uint)number);
        _buffer.Number((uint)parent);
        _buffer.Number((uint)container);
        _buffer.Number(process.Id.Pid);
        _buffer.Number(process.Id.Start);
        _buffer.Number(process.ParentId.Pid);
        _buffer.Number(process.ParentId.Start);
        _buffer.Number((uint)process.Flags);
        _buffer.Byte(process.IsPlaceholder ? (byte)1 : (byte)0);
        _buffer.Number(process.ArgumentsTotal);
        _buffer.Number(process.EnvironmentTotal);
        _buffer.Number(process.AuditUid);
        _buffer.Number(process.PidInNamespace);
        _buffer.Number(process.Inode);
        _buffer.Number(process.Links);
        _buffer.Number(process.CgroupId);
        _buffer.Struct(process.Credentials);
        _buffer.Struct(process.Namespaces);
        _buffer.Bytes(process.Executable.Span);
        _buffer.Bytes(process.WorkingDirectory.Span);
        _buffer.Bytes(process.Filename.Span);
        _buffer.Bytes(process.Comm.Span);
        _buffer.Bytes((redactor is null ? process.Arguments : redactor.Arguments(process)).Span);
        _buffer.Bytes((redactor is null ? process.Environment : redactor.Environment(process)).Span);
        _buffer.Text(process.UnknownBecause);
        _buffer.Struct(process.Session);
        _buffer.Number(process.ExecutableChanged);
        _buffer.Number(process.ExecutableModified);
        _buffer.End(entry);
    }

    int Define(ContainerInfo? container)
    {
        if (container is null) return 0;
        ref var mark = ref container.RecordingMark;
        var (isWritten, version) = (mark.Segment == _segment, container.Version);
        if (isWritten && mark.Version == version) return mark.Number;
        mark = new RecordingMark { Segment = _segment, Number = isWritten ? mark.Number : ++_containers, Version = version };
        var entry = _buffer.Begin(EntryKind.Container);
        _buffer.Number((uint)mark.Number);
        _buffer.Text(container.Id);
        _buffer.Number(container.CgroupId);
        _buffer.Text(container.Runtime);
        _buffer.Text(container.Name);
        _buffer.Text(container.Image);
        _buffer.Text(container.ImageId);
        _buffer.Signed(container.StartTime == default ? 0 : container.StartTime.ToUniversalTime().Ticks);
        _buffer.Text(container.UnknownBecause);
        _buffer.Byte(container.IsFinal ? (byte)1 : (byte)0);
        var pod = container.Pod;
        _buffer.Byte(pod is null ? (byte)0 : (byte)1);
        if (pod is not null) Write(pod);
        _buffer.End(entry);
        return mark.Number;
    }

    void Write(PodInfo pod)
    {
        _buffer.Text(pod.Namespace);
        _buffer.Text(pod.Name);
        _buffer.Text(pod.Uid);
        _buffer.Byte((byte)((pod.HasLabels ? 1 : 0) | (pod.IsPrivileged ? 2 : 0)));
        _buffer.Pairs(pod.Labels);
        _buffer.Pairs(pod.Annotations);
        _buffer.Text(pod.Workload);
        _buffer.Text(pod.WorkloadKind);
    }

    /// <summary>A hook's values lie at other places of the record after policies were loaded again.</summary>
    int Define(HookRequest request, string policy, ReadOnlySpan<byte> places)
    {
        if (_hooks.TryGetValue(request, out var known) && places.SequenceEqual(known.Places)) return known.Number;
        var number = ++_hookCount;
        _hooks[request] = new WrittenHook(number, places.ToArray());
        var entry = _buffer.Begin(EntryKind.Hook);
        _buffer.Number((uint)number);
        _buffer.Text(policy);
        _buffer.Text(request.Target.ToString());
        _buffer.Text(request.Origin);
        _buffer.Byte(request.WithReturn ? (byte)1 : (byte)0);
        _buffer.Bytes(places);
        _buffer.Number((uint)request.Values.Count);
        foreach (var value in request.Values) Write(value);
        _buffer.Text(request.Tag is { } tag ? tags?.Write(tag) : "");
        _buffer.End(entry);
        return number;
    }

    void Write(ValueSpec value)
    {
        _buffer.Text(value.Kind.ToString());
        _buffer.Text(value.Source.ToString());
        _buffer.Signed(value.Index);
        _buffer.Text(value.Path);
        _buffer.Text(value.StartType);
        _buffer.Text(value.Module);
        _buffer.Text(value.TypesFile);
        _buffer.Signed(value.SizeIndex);
        _buffer.Signed(value.MaxLength);
        _buffer.Byte(value.OnReturn ? (byte)1 : (byte)0);
        _buffer.Text(value.Label);
    }

    readonly record struct WrittenHook(int Number, byte[] Places);

    /// <summary>No thread runs into a hook twice within a nanosecond.</summary>
    readonly record struct RecordIdentity(ulong Time, uint Tid, uint Generation, ushort Hook, uint Cpu)
    {
        public static RecordIdentity Of(in HookRecord record) => new(record.Time, record.Tid, record.Generation, record.Hook, record.Cpu);
    }
}
