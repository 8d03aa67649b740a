using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Export;

/// <summary>
/// Writes events as Tetragon's export JSON, one a line, into a buffer that is used again: the caller takes <see cref="Written"/> and calls
/// <see cref="Reset"/>. Nothing is allocated for an event of a process that has been printed before. Not for several threads at once.
/// </summary>
public sealed class ExportWriter
{
    readonly ExportOptions _options;
    readonly ProcessPrinter _processes;
    readonly JsonLineWriter _json = new(1 << 16);
    readonly ExportHooks _hooks = new();
    readonly byte[] _beforeTime, _afterTime;

    /// <summary>A writer with an empty buffer.</summary>
    public ExportWriter(ExportOptions options)
    {
        (_options, _processes) = (options, new ProcessPrinter(options));
        _json.Raw((byte)'}');
        _json.NonEmpty(",\"node_name\":"u8, options.NodeName);
        _json.Raw(",\"time\":"u8);
        _beforeTime = _json.Written.ToArray();
        Reset();
        _json.Raw((byte)' ');
        _json.NonEmpty(",\"cluster_name\":"u8, options.ClusterName);
        ProcessPrinter.Pairs(_json, ",\"node_labels\":"u8, options.NodeLabels);
        _json.Raw("}\n"u8);
        _afterTime = _json.Written[1..].ToArray();
        Reset();
    }

    /// <summary>The lines written since the last <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Written => _json.Written;

    static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    /// <summary>Empties the buffer.</summary>
    public void Reset() => _json.Reset();

    /// <summary>A process has executed a program.</summary>
    /// <param name="process">What it is now.</param>
    /// <param name="time">When, in nanoseconds since boot.</param>
    /// <param name="matches">Which rules wanted it.</param>
    public void WriteExec(ProcessInfo process, ulong time, ReadOnlySpan<ProcessMatch> matches = default)
    {
        _json.Raw("{\"process_exec\":{\"process\":"u8);
        // Most processes end without another event: their JSON is not worth keeping.
        _processes.Write(_json, process, process.Id.Pid, references: true, keep: false, execution: true);
        Parent(process, references: true);
        Ancestors(process, ExportAncestors.Base);
        Spoken(matches);
        Close(time);
    }

    /// <summary>A process, as the event of its execution shows it, and nothing else. Nothing is kept with it: any thread may ask.</summary>
    public void WriteProcess(ProcessInfo process)
    {
        ArgumentNullException.ThrowIfNull(process);
        _json.Raw("{\"process_exec\":{\"process\":"u8);
        _processes.Write(_json, process, process.Id.Pid, references: true, keep: false, execution: true);
        _json.Raw("}}\n"u8);
    }

    /// <summary>A process has ended.</summary>
    /// <param name="process">What it was.</param>
    /// <param name="tid">Its last thread.</param>
    /// <param name="time">When, in nanoseconds since boot.</param>
    /// <param name="status">As of wait(2).</param>
    /// <param name="matches">Which rules wanted it.</param>
    public void WriteExit(ProcessInfo process, uint tid, ulong time, uint status, ReadOnlySpan<ProcessMatch> matches = default)
    {
        _json.Raw("{\"process_exit\":{\"process\":"u8);
        _processes.Write(_json, process, tid, references: true, keep: false);
        Parent(process, references: true);
        var signal = status & 0x7f;
        if (signal != 0) Signal(signal);
        _json.NonZero(",\"status\":"u8, (status >> 8) & 0xff);
        _json.Raw(",\"time\":"u8);
        _json.Time(_options.Clock.UnixNanoseconds(time));
        Ancestors(process, ExportAncestors.Base);
        Spoken(matches);
        Close(time);
    }

    /// <summary>The kind of the event that <see cref="WriteHook(in HookEvent)"/> would write.</summary>
    public EventType TypeOf(in HookEvent hookEvent) => TypeOf(_hooks.Of(hookEvent).Section);

    static EventType TypeOf(ExportSection section) => section switch
    {
        ExportSection.Tracepoint => EventType.ProcessTracepoint,
        ExportSection.Lsm => EventType.ProcessLsm,
        ExportSection.Uprobe => EventType.ProcessUprobe,
        ExportSection.Usdt => EventType.ProcessUsdt,
        _ => EventType.ProcessKprobe,
    };

    /// <summary>A process has mapped a file to run it.</summary>
    public void WriteMapping(in FileMapping mapping)
    {
        _json.Raw("{\"process_loader\":{\"process\":"u8);
        if (mapping.Process is { } process) _processes.Write(_json, process, mapping.Tid, references: true, keep: true);
        else _processes.WriteUnknown(_json, new ProcessId(mapping.Pid, 0), mapping.Tid);
        _json.NonEmpty(",\"path\":"u8, mapping.Path);
        if (!mapping.BuildId.IsEmpty)
        {
            _json.Raw(",\"buildid\":"u8);
            _json.Base64(mapping.BuildId);
        }
        if (mapping.Process is { } known)
        {
            Parent(known, references: false);
            Ancestors(known, ExportAncestors.Base);
        }
        Close(mapping.Time);
    }

    /// <summary>A process has run into a hook. How it is printed comes from the request's tag, or from the request itself.</summary>
    /// <returns>The kind of the event.</returns>
    public EventType WriteHook(in HookEvent hookEvent) => WriteHook(hookEvent, _hooks.Of(hookEvent));

    /// <summary>A process has run into a hook.</summary>
    /// <returns>The kind of the event.</returns>
    public EventType WriteHook(in HookEvent hookEvent, ExportHook hook)
    {
        var record = hookEvent.Record;
        _json.Raw(hook.Opening);
        if (hookEvent.Process is { } process)
        {
            _processes.Write(_json, process, record.Tid, references: true, keep: true);
            Parent(process, references: false);
        }
        else
        {
            _processes.WriteUnknown(_json, record.Process, record.Tid);
        }
        switch (hook.Section)
        {
            case ExportSection.Tracepoint: Tracepoint(hookEvent, hook); break;
            case ExportSection.Lsm: SecurityHook(hookEvent, hook); break;
            case ExportSection.Uprobe: UserFunction(hookEvent, hook); break;
            case ExportSection.Usdt: UserProbe(hookEvent, hook); break;
            default: Function(hookEvent, hook); break;
        }
        Close(record.Time);
        return TypeOf(hook.Section);
    }

    /// <summary>Keys that Tetragon's executions and exits do not have, and ours only where there is something to say.</summary>
    void Spoken(ReadOnlySpan<ProcessMatch> matches)
    {
        if (matches.IsEmpty || !_hooks.TryFindSpoken(matches, out var match, out var hook)) return;
        _json.Raw(hook!.PolicyName);
        if ((match.Actions & MatchActions.Signal) != 0)
        {
            _json.Raw(",\"action\":"u8);
            _json.Quoted(hook.Rule(match.Rule)?.ActionName ?? ExportRule.PostName);
        }
        _json.Raw(hook.Message);
        _json.Raw(hook.Tags);
    }

    void Function(in HookEvent hookEvent, ExportHook hook)
    {
        _json.Raw(hook.Name);
        if (hook.HasArguments) Values(hookEvent, hook, ExportRole.Argument, ",\"args\":["u8);
        Returned(hookEvent, hook);
        var rule = hook.Rule(hookEvent.Rule);
        Action(hookEvent, rule);
        Stack(hookEvent, ",\"kernel_stack_trace\":["u8, hookEvent.KernelStack, null);
        _json.Raw(hook.PolicyName);
        _json.Raw(",\"return_action\":"u8);
        _json.Quoted(rule is null || IsMonitored(hookEvent) ? ExportRule.PostName : rule.ReturnActionName);
        _json.Raw(hook.Message);
        _json.Raw(hook.Tags);
        Stack(hookEvent, ",\"user_stack_trace\":["u8, hookEvent.UserStack, hookEvent.Process);
        Ancestors(hookEvent.Process, ExportAncestors.Kprobe);
        if (hook.HasData) Values(hookEvent, hook, ExportRole.Data, ",\"data\":["u8);
    }

    void Tracepoint(in HookEvent hookEvent, ExportHook hook)
    {
        _json.Raw(hook.Name);
        if (hook.HasArguments) Values(hookEvent, hook, ExportRole.Argument, ",\"args\":["u8);
        _json.Raw(hook.PolicyName);
        Action(hookEvent, hook.Rule(hookEvent.Rule));
        _json.Raw(hook.Message);
        _json.Raw(hook.Tags);
        Ancestors(hookEvent.Process, ExportAncestors.Tracepoint);
    }

    void SecurityHook(in HookEvent hookEvent, ExportHook hook)
    {
        _json.Raw(hook.Name);
        _json.Raw(hook.PolicyName);
        _json.Raw(hook.Message);
        if (hook.HasArguments) Values(hookEvent, hook, ExportRole.Argument, ",\"args\":["u8);
        Action(hookEvent, hook.Rule(hookEvent.Rule));
        _json.Raw(hook.Tags);
        Ancestors(hookEvent.Process, ExportAncestors.Lsm);
        if (hookEvent.FileDigest.IsEmpty || hookEvent.DigestAlgorithm is not { } algorithm) return;
        _json.Raw(",\"ima_hash\":\""u8);
        _json.Escaped(algorithm);
        _json.Raw((byte)':');
        foreach (var digit in hookEvent.FileDigest)
        {
            _json.Raw(HexDigits[digit >> 4]);
            _json.Raw(HexDigits[digit & 15]);
        }
        _json.Raw((byte)'"');
    }

    void UserFunction(in HookEvent hookEvent, ExportHook hook)
    {
        _json.Raw(hook.Name);
        _json.Raw(hook.PolicyName);
        _json.Raw(hook.Message);
        // The message has no place of its own for what is returned.
        if (hook.HasArguments || hook.ReturnValue >= 0) Values(hookEvent, hook, ExportRole.Argument, ",\"args\":["u8, withReturned: true);
        _json.Raw(hook.Tags);
        Ancestors(hookEvent.Process, ExportAncestors.Uprobe);
        _json.Raw(hook.Place);
        Action(hookEvent, hook.Rule(hookEvent.Rule));
        if (hook.HasData) Values(hookEvent, hook, ExportRole.Data, ",\"data\":["u8);
    }

    void UserProbe(in HookEvent hookEvent, ExportHook hook)
    {
        _json.Raw(hook.Name);
        _json.Raw(hook.PolicyName);
        _json.Raw(hook.Message);
        if (hook.HasArguments) Values(hookEvent, hook, ExportRole.Argument, ",\"args\":["u8);
        _json.Raw(hook.Tags);
        Ancestors(hookEvent.Process, ExportAncestors.Usdt);
        Action(hookEvent, hook.Rule(hookEvent.Rule));
    }

    void Values(in HookEvent hookEvent, ExportHook hook, ExportRole role, ReadOnlySpan<byte> opening, bool withReturned = false)
    {
        var start = _json.Length;
        _json.Raw(opening);
        var (empty, values) = (_json.Length, hook.Values);
        for (var i = 0; i < values.Length; i++)
        {
            var isReturned = withReturned && values[i].Role == ExportRole.Return && hookEvent.Record.IsCaptured(hookEvent.PlaceOf(i));
            if ((values[i].Role != role && !isReturned) || values[i].Kind == ValueKind.None) continue;
            _json.Element();
            ValuePrinter.Write(_json, hookEvent, values[i], hookEvent.PlaceOf(i));
        }
        // Nothing was returned, and there is nothing else.
        if (_json.Length == empty) _json.Truncate(start);
        else _json.Raw((byte)']');
    }

    void Returned(in HookEvent hookEvent, ExportHook hook)
    {
        if (hook.ReturnValue < 0) return;
        var place = hookEvent.PlaceOf(hook.ReturnValue);
        if (!hookEvent.Record.IsCaptured(place)) return;
        _json.Raw(",\"return\":"u8);
        ValuePrinter.Write(_json, hookEvent, hook.Values[hook.ReturnValue], place);
    }

    /// <summary>A policy that only monitors has done nothing but post.</summary>
    void Action(in HookEvent hookEvent, ExportRule? rule)
    {
        _json.Raw(",\"action\":"u8);
        _json.Quoted(rule is null || IsMonitored(hookEvent) ? ExportRule.PostName : rule.ActionName);
    }

    static bool IsMonitored(in HookEvent hookEvent) => (hookEvent.Actions & MatchActions.Monitored) != 0;

    void Stack(in HookEvent hookEvent, ReadOnlySpan<byte> opening, ReadOnlySpan<ulong> addresses, ProcessInfo? process)
    {
        if (addresses.IsEmpty || hookEvent.Symbols is not { } symbols) return;
        var start = _json.Length;
        _json.Raw(opening);
        var entries = _json.Length;
        foreach (var address in addresses)
        {
            if (address == 0) continue;
            var isKnown = symbols.TryResolve(address, process, out var symbol);
            if (!isKnown && !_options.StackAddresses) continue;
            _json.Element();
            _json.Raw((byte)'{');
            if (_options.StackAddresses) _json.NonZeroLong(",\"address\":"u8, address);
            if (isKnown)
            {
                _json.NonZeroLong(",\"offset\":"u8, symbol.Offset);
                _json.NonEmpty(",\"symbol\":"u8, symbol.Name);
                _json.NonEmpty(",\"module\":"u8, symbol.Module);
                if (_options.StackBuildIds) _json.NonEmpty(",\"build_id\":"u8, symbol.BuildId ?? "");
            }
            _json.Raw((byte)'}');
        }
        if (_json.Length == entries) _json.Truncate(start);
        else _json.Raw((byte)']');
    }

    void Signal(uint number)
    {
        Span<byte> place = stackalloc byte[SignalNames.Longest];
        _json.Raw(",\"signal\":"u8);
        _json.Quoted(SignalNames.Write(number, place));
    }

    void Parent(ProcessInfo process, bool references)
    {
        if (process.Parent is not { } parent) return;
        _json.Raw(",\"parent\":"u8);
        _processes.Write(_json, parent, parent.Id.Pid, references, keep: true);
    }

    void Ancestors(ProcessInfo? process, ExportAncestors events)
    {
        if ((_options.Ancestors & events) == 0 || process?.Parent?.Parent is not { } ancestor) return;
        _json.Raw(",\"ancestors\":["u8);
        for (var next = ancestor; next is not null; next = next.Parent)
        {
            _json.Element();
            _processes.Write(_json, next, next.Id.Pid, references: false, keep: true);
        }
        _json.Raw((byte)']');
    }

    void Close(ulong time)
    {
        _json.Raw(_beforeTime);
        _json.Time(_options.Clock.UnixNanoseconds(time));
        _json.Raw(_afterTime);
    }
}
