using System.Globalization;
using System.Text;
using Skep.Cli.Output;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Trials;

namespace Skep.Cli.Policies;

/// <summary>A trial for people.</summary>
static class TrialText
{
    const int TopNames = 5, Examples = 3, MostUnobserved = 8;

    public static void Print(PolicyTrial trial, RecordingRange range)
    {
        var (from, until) = TryCommand.TimesOf(trial, range);
        var time = TimeSpan.FromTicks(Math.Max(until - from, 0) / 100);
        Terminal.WriteLine(trial.Times is { } times
            ? Invariant($"recorded: {trial.Events:N0} events, {trial.Executions:N0} of them executions, from {RecordingRange.TimeOf(times.First):u} to {RecordingRange.TimeOf(times.Last):u}")
            : "recorded: nothing in this time");
        if (trial.Lost.Kernel + trial.Lost.Recorder > 0)
        {
            Terminal.WriteLine(Invariant($"missing:  {trial.Lost.Kernel:N0} events were lost before they could be recorded, {trial.Lost.Recorder:N0} were not recorded"));
        }
        foreach (var policy in trial.Hooks.GroupBy(h => h.Policy))
        {
            Terminal.WriteLine();
            Terminal.WriteLine($"policy {(policy.Key.Namespace.Length > 0 ? policy.Key.Namespace + "/" : "")}{policy.Key.Name}");
            var unobserved = policy.Where(IsUnobserved).ToList();
            foreach (var hook in policy.Where(h => !IsUnobserved(h))) Print(hook, time);
            foreach (var hook in unobserved.Take(MostUnobserved)) Terminal.WriteLine($"  {hook.Hook}{At(hook)}: not observed in this time; load a policy with this hook and no selectors to record it");
            if (unobserved.Count > MostUnobserved) Terminal.WriteLine($"  and {unobserved.Count - MostUnobserved} more hooks that were not observed");
        }
    }

    static bool IsUnobserved(TrialHook hook) => hook is { Events: 0, Complete.Ticks: 0, Partial.Ticks: 0 };

    static void Print(TrialHook hook, TimeSpan time)
    {
        Terminal.WriteLine($"  {hook.Hook}{At(hook)}");
        Terminal.WriteLine($"    observed   {Observed(hook, time)}");
        Terminal.WriteLine(Invariant($"    judged     {hook.Events - hook.Undecided:N0} of {hook.Events:N0} events"));
        foreach (var (reason, count) in hook.Reasons) Terminal.WriteLine(Invariant($"    undecided  {count:N0}: {reason}"));
        var verdict = new StringBuilder(Invariant($"{hook.Matched:N0}"));
        if (hook.Posted != hook.Matched) verdict.Append(Invariant($", {hook.Posted:N0} of them sent as events"));
        if (hook.Killed > 0) verdict.Append(Invariant($"; {hook.Killed:N0} would have been killed"));
        if (hook.Signalled > 0) verdict.Append(Invariant($"; {hook.Signalled:N0} would have got a signal"));
        if (hook.Denied > 0) verdict.Append(Invariant($"; {hook.Denied:N0} would have been denied"));
        Terminal.WriteLine($"    matched    {verdict}");
        Print("binaries", hook.Executables);
        Print("containers", hook.Containers);
        Print("users", hook.Users);
        foreach (var example in hook.Examples.Take(Examples))
        {
            Terminal.WriteLine($"    example    {RecordingRange.TimeOf(example.Time):O} {example.Executable}{(example.Arguments.Length > 0 ? " " + example.Arguments : "")} ({IdOf(example)})");
        }
        foreach (var note in hook.Notes) Terminal.WriteLine($"    note       {note}");
    }

    static string Observed(TrialHook hook, TimeSpan time)
    {
        var by = hook.ObservedBy.Count > 0 ? $", by {string.Join(", ", hook.ObservedBy)}" : "";
        var parts = new List<string>();
        if (hook.Complete > TimeSpan.Zero) parts.Add($"all events for {Text(hook.Complete)} of {Text(time)}");
        if (hook.Partial > TimeSpan.Zero) parts.Add($"only those that loaded rules ask for, for {Text(hook.Partial)} of {Text(time)}");
        return parts.Count > 0 ? string.Join("; ", parts) + by : "in events alone: for how long is not known";
    }

    static void Print(string title, Tally tally)
    {
        if (tally.Top(TopNames) is not { Count: > 0 } top) return;
        Terminal.WriteLine($"    {title,-10} {string.Join(", ", top.Select(t => Invariant($"{t.Key} {t.Value:N0}")))}");
    }

    static string At(TrialHook hook) => hook.Request.Origin.Length > 0 ? $" ({hook.Request.Origin})" : "";

    static string Text(TimeSpan time) => time.TotalMinutes >= 2 ? Invariant($"{time.TotalMinutes:0} m") : Invariant($"{time.TotalSeconds:0.#} s");

    public static string IdOf(TrialExample example)
    {
        var node = Encoding.UTF8.GetBytes(example.Node);
        var id = new byte[ExecId.MaxLength(node.Length)];
        return Encoding.ASCII.GetString(id, 0, ExecId.Format(node, example.Process, id));
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
