using System.Globalization;
using System.Text;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Records;

namespace Skep.Engine.Tests.Recording;

/// <summary>Each event as a line of text, with everything that is told of it.</summary>
sealed class EventText : IRecordingListener
{
    public List<string> Lines { get; } = [];

    /// <summary>Null when they are the same.</summary>
    public static string? FirstDifference(IReadOnlyList<string> expected, IReadOnlyList<string> lines)
    {
        for (var i = 0; i < expected.Count && i < lines.Count; i++)
        {
            if (expected[i] != lines[i]) return $"event {i}:\n{expected[i]}\n{lines[i]}";
        }
        return expected.Count == lines.Count ? null : $"{lines.Count} events instead of {expected.Count}";
    }

    public List<(long Time, IReadOnlyList<ObservedHook> Hooks)> Coverage { get; } = [];

    public List<RecordedLoss> Losses { get; } = [];

    public void OnExec(ProcessInfo process, ulong time, uint tid, ReadOnlySpan<ProcessMatch> matches) => Add($"exec {time} {tid} {Of(process)} {Of(matches)}");

    public void OnExit(ProcessInfo process, ulong time, uint tid, uint status, ReadOnlySpan<ProcessMatch> matches) => Add($"exit {time} {tid} {status} {Of(process)} {Of(matches)}");

    public void OnHook(in HookEvent hookEvent)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"hook {hookEvent.PolicyName} {hookEvent.Request.Target} {hookEvent.Rule} {(uint)hookEvent.Actions} {hookEvent.UnknownBecause} ");
        text.Append(Convert.ToHexString(hookEvent.Record.Bytes)).Append(' ').Append(Convert.ToHexString(hookEvent.Places)).Append(' ').AppendJoin(',', hookEvent.Request.Values);
        Append(text, hookEvent.KernelStack, hookEvent.Symbols, null);
        Append(text, hookEvent.UserStack, hookEvent.Symbols, hookEvent.Process);
        Add($"{text} {Of(hookEvent.Process)}");
    }

    public void OnBatch()
    {
    }

    public void OnCoverage(long time, IReadOnlyList<ObservedHook> hooks) => Coverage.Add((time, hooks));

    public void OnLoss(long time, RecordedLoss loss) => Losses.Add(loss);

    static void Append(StringBuilder text, ReadOnlySpan<ulong> stack, IStackSymbols? symbols, ProcessInfo? process)
    {
        foreach (var address in stack) text.Append(CultureInfo.InvariantCulture, $" {address:x}={(symbols!.TryResolve(address, process, out var symbol) ? $"{symbol.Name} {symbol.Module} {symbol.Offset}" : "")}");
    }

    static string Of(ReadOnlySpan<ProcessMatch> matches)
    {
        var text = new StringBuilder();
        foreach (var match in matches) text.Append(CultureInfo.InvariantCulture, $"[{match.PolicyName} {match.Request.Target} {match.Rule} {(uint)match.Actions}]");
        return text.ToString();
    }

    static string Of(ProcessInfo? process)
    {
        if (process is null) return "nobody";
        var container = process.Container is { } c ? $"{c.Id} {c.Runtime} {c.Name} {c.Image} {c.ImageId} {c.StartTime:O} {c.UnknownBecause} {c.IsFinal} {c.CgroupId} {c.Pod?.Namespace}/{c.Pod?.Name} {c.Pod?.Uid} {string.Join(',', c.Pod?.Labels ?? new Dictionary<string, string>())}" : "host";
        return $"{process.Id} {process.ParentId} {process.Flags} {process.References} {Hex(process.Executable)} {Hex(process.WorkingDirectory)} {Hex(process.Filename)} {Hex(process.Comm)} {Hex(process.Arguments)} "
            + $"{Hex(process.Environment)} {process.ArgumentsTotal} {process.EnvironmentTotal} {process.Credentials} {process.Namespaces} {process.AuditUid} {process.PidInNamespace} {process.Inode} {process.Links} "
            + $"{process.CgroupId} {process.UnknownBecause} {process.IsPlaceholder} in {container} below {string.Join(' ', Ancestors(process))}";
    }

    static IEnumerable<string> Ancestors(ProcessInfo process)
    {
        for (var next = process.Parent; next is not null; next = next.Parent) yield return $"{next.Id} {Hex(next.Executable)}";
    }

    static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    void Add(FormattableString line) => Lines.Add(line.ToString(CultureInfo.InvariantCulture));
}
