using System.Text;
using Google.Protobuf.WellKnownTypes;
using Skep.Engine.Records;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Export;

/// <summary>Writes events that come from an agent as the lines for people that <see cref="CompactWriter"/> writes in the agent.</summary>
public sealed class CompactMessageWriter(CompactOptions options)
{
    readonly CompactLine _out = new(options);
    readonly Dictionary<(ExportSection, string), (byte[] Verb, string Object)> _verbs = [];

    /// <summary>Whether stacks follow an event, a line for each function.</summary>
    public bool ShowsStacks { get; init; }

    /// <summary>The lines written since the last <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Written => _out.Line.Written;

    /// <summary>Empties the buffer.</summary>
    public void Reset() => _out.Line.Reset();

    /// <summary>An event of any kind.</summary>
    public void Write(GetEventsResponse message)
    {
        ArgumentNullException.ThrowIfNull(message);
        switch (message.EventCase)
        {
            case GetEventsResponse.EventOneofCase.ProcessExec:
                Start(message, "process"u8, CompactColour.Green);
                Program(message.ProcessExec.Process);
                if (message.ProcessExec.Action is KprobeAction.Sigkill or KprobeAction.Signal) _out.SignalBy(message.ProcessExec.PolicyName);
                _out.End();
                break;
            case GetEventsResponse.EventOneofCase.ProcessExit:
                Start(message, "exit"u8, CompactColour.Blue);
                Program(message.ProcessExit.Process);
                _out.Status(message.ProcessExit.Status, Encoding.UTF8.GetBytes(message.ProcessExit.Signal));
                _out.End();
                break;
            case GetEventsResponse.EventOneofCase.ProcessKprobe:
                var kprobe = message.ProcessKprobe;
                Hook(message, ExportSection.Kprobe, kprobe.FunctionName, null, kprobe.Process, kprobe.Args, kprobe.Data, kprobe.Return, kprobe.Action);
                Stack(kprobe.KernelStackTrace);
                Stack(kprobe.UserStackTrace);
                break;
            case GetEventsResponse.EventOneofCase.ProcessTracepoint:
                var tracepoint = message.ProcessTracepoint;
                Hook(message, ExportSection.Tracepoint, tracepoint.Subsys.Length > 0 ? $"{tracepoint.Subsys}/{tracepoint.Event}" : tracepoint.Event, null, tracepoint.Process, tracepoint.Args, [], null, tracepoint.Action);
                break;
            case GetEventsResponse.EventOneofCase.ProcessLsm:
                Hook(message, ExportSection.Lsm, message.ProcessLsm.FunctionName, null, message.ProcessLsm.Process, message.ProcessLsm.Args, [], null, message.ProcessLsm.Action);
                break;
            case GetEventsResponse.EventOneofCase.ProcessUprobe:
                var uprobe = message.ProcessUprobe;
                Hook(message, ExportSection.Uprobe, uprobe.Symbol, new ExportFile(uprobe.Path, "", uprobe.Offset, 0), uprobe.Process, uprobe.Args, uprobe.Data, null, uprobe.Action);
                break;
            case GetEventsResponse.EventOneofCase.ProcessUsdt:
                var usdt = message.ProcessUsdt;
                Hook(message, ExportSection.Usdt, usdt.Name, new ExportFile(usdt.Path, usdt.Provider, 0, 0), usdt.Process, usdt.Args, [], null, usdt.Action);
                break;
            case GetEventsResponse.EventOneofCase.ProcessLoader:
                Start(message, "load"u8, CompactColour.Cyan);
                Process(message.ProcessLoader.Process);
                Word(message.ProcessLoader.Path);
                _out.End();
                break;
            case GetEventsResponse.EventOneofCase.ProcessThrottle:
                Start(message, "throttle"u8, CompactColour.Yellow);
                _out.Line.Raw(message.ProcessThrottle.Type == ThrottleType.ThrottleStart ? "start"u8 : "stop"u8);
                Word(message.ProcessThrottle.Cgroup);
                _out.End();
                break;
            case GetEventsResponse.EventOneofCase.RateLimitInfo:
                Start(message, "lost"u8, CompactColour.Red);
                _out.Line.Number(message.RateLimitInfo.NumberOfDroppedProcessEvents);
                _out.Line.Raw(" events"u8);
                _out.End();
                break;
            case GetEventsResponse.EventOneofCase.Test:
                Start(message, "test"u8, CompactColour.Grey);
                _out.End();
                break;
            default:
                Start(message, "unknown"u8, CompactColour.Grey);
                _out.Line.Raw("an event of a kind that this program does not know"u8);
                _out.End();
                break;
        }
    }

    void Hook(GetEventsResponse message, ExportSection section, string name, ExportFile? file, Process? process, IEnumerable<KprobeArgument> arguments, IEnumerable<KprobeArgument> data, KprobeArgument? returned, KprobeAction action)
    {
        var (verb, verbObject) = file is null ? VerbOf(section, name) : Spoken(section, name, file);
        Start(message, verb, section == ExportSection.Lsm ? CompactColour.Yellow : CompactColour.Cyan);
        Process(process);
        if (verbObject.Length > 0) Word(verbObject);
        foreach (var argument in arguments) Value(argument);
        foreach (var value in data) Value(value);
        if (returned is not null)
        {
            _out.Line.Raw(" ="u8);
            Value(returned);
        }
        _out.Done(action switch
        {
            KprobeAction.Sigkill or KprobeAction.Signal => MatchActions.Signal,
            KprobeAction.Override => MatchActions.Override,
            KprobeAction.Set => MatchActions.Write,
            _ => MatchActions.Post,
        });
        if (message.AggregationInfo is { Count: > 1 } aggregated)
        {
            _out.Line.Raw(" x"u8);
            _out.Line.Number(aggregated.Count);
        }
        _out.End();
    }

    void Value(KprobeArgument argument)
    {
        _out.Line.Raw((byte)' ');
        CompactArgument.Write(_out, argument);
    }

    (byte[] Verb, string Object) VerbOf(ExportSection section, string name)
    {
        if (!_verbs.TryGetValue((section, name), out var verb)) _verbs[(section, name)] = verb = Spoken(section, name, null);
        return verb;
    }

    static (byte[], string) Spoken(ExportSection section, string name, ExportFile? file)
    {
        var (verb, verbObject) = CompactVerb.Of(section, name, file);
        return (Encoding.UTF8.GetBytes(verb), verbObject);
    }

    void Stack(IEnumerable<StackTraceEntry> entries)
    {
        if (!ShowsStacks) return;
        foreach (var entry in entries)
        {
            _out.Paint(CompactColour.Grey);
            _out.Line.Raw("    "u8);
            if (entry.Symbol.Length == 0) _out.Text($"0x{entry.Address:x}");
            else _out.Text($"{entry.Symbol}+0x{entry.Offset:x}");
            if (entry.Module.Length > 0) _out.Text($" ({entry.Module})");
            _out.Paint(CompactColour.Reset);
            _out.End();
        }
    }

    void Program(Process? process)
    {
        Process(process);
        if (process is { Arguments.Length: > 0 }) Word(process.Arguments);
    }

    void Process(Process? process)
    {
        const string Unknown = "unknown";
        if (process is null || process.Flags == Unknown)
        {
            _out.Unknown(process?.Pid ?? 0, "");
            return;
        }
        _out.Place(process.Pod?.Namespace ?? "", process.Pod?.Name ?? "", "", process.Docker);
        _out.Executable(Encoding.UTF8.GetBytes(process.Binary));
    }

    void Word(string text)
    {
        _out.Line.Raw((byte)' ');
        _out.Text(text);
    }

    void Start(GetEventsResponse message, ReadOnlySpan<byte> verb, CompactColour colour) => _out.Start(UnixNanoseconds(message.Time), verb, colour);

    static long UnixNanoseconds(Timestamp? time)
    {
        const long LastSecond = long.MaxValue / 1_000_000_000 - 1;
        return time is null ? 0 : Math.Clamp(time.Seconds, 0, LastSecond) * 1_000_000_000 + Math.Clamp(time.Nanos, 0, 999_999_999);
    }
}
