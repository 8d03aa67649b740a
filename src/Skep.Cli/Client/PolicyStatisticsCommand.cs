using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Skep.Bpf;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep policy stats</c>: what the policies of a running agent did and cost.</summary>
static class PolicyStatisticsCommand
{
    static readonly TimeSpan s_measuring = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var names = new Argument<string[]>("name") { Description = "Policies; without, all.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var watch = new Option<bool>("--watch") { Description = "Print again and again, until Ctrl+C." };
        var interval = new Option<TimeSpan>("--interval")
        {
            Description = "How often: 500ms, 2s.", HelpName = "time", DefaultValueFactory = _ => TimeSpan.FromSeconds(2),
            CustomParser = result =>
            {
                if (CommonOptions.TryParseDuration(result.Tokens[0].Value, out var time)) return time;
                result.AddError($"'{result.Tokens[0].Value}' is no time: write 500ms, 5s or 2m");
                return default;
            },
        };
        var measure = new Option<bool>("--measure") { Description = "Have the kernel measure run times meanwhile, without --watch for a second; it costs each run of any program some tens of nanoseconds." };
        var format = CommonOptions.Format();
        return new Command("stats", "Show what the policies of a running agent did: by hook and rule how often they matched, what was sent, filtered, held back and done; their memory, and run times where the kernel measures them.")
        {
            names, watch, interval, measure, format,
        }.Does(async (client, parsed, cancellation) =>
        {
            using var statistics = parsed.GetValue(measure) ? RuntimeStatistics.Enable() : null;
            var request = new GetPolicyStatisticsRequest();
            request.Names.AddRange(parsed.GetValue(names));
            var isJson = parsed.GetValue(format) == OutputFormat.Json;
            if (statistics is not null && !parsed.GetValue(watch)) await Task.Delay(s_measuring, cancellation);
            while (true)
            {
                var report = StatisticsReport.From(await client.Agent.GetPolicyStatisticsAsync(request, cancellationToken: cancellation));
                if (parsed.GetValue(watch) && isJson) Console.Out.WriteLine(JsonSerializer.Serialize(report, Json.Lines.StatisticsReport));
                else if (isJson) Json.Print(report, Json.Default.StatisticsReport);
                else Print(report, clears: parsed.GetValue(watch) && Terminal.IsInteractive);
                if (!parsed.GetValue(watch)) return;
                await Task.Delay(parsed.GetValue(interval), cancellation);
            }
        });
    }

    static void Print(StatisticsReport report, bool clears)
    {
        if (clears) Console.Out.Write("\u001b[H\u001b[2J");
        var table = Terminal.NewTable("policy", "hook", "rule", "matched#", "sent#", "filtered#", "limited#", "actions", "memory#");
        foreach (var policy in report.Policies)
        {
            var name = policy.Namespace is null ? policy.Name : $"{policy.Namespace}/{policy.Name}";
            table.AddPlainRow(name, policy.State == "enabled" ? "" : policy.State, "", Number(policy.Rules.Aggregate(0UL, (sum, r) => sum + r.Matched)), Number(policy.Events), "", "", policy.Mode, Bytes(policy.KernelMemoryBytes));
            foreach (var rule in policy.Rules)
            {
                table.AddPlainRow("", rule.Hook, rule.Label ?? rule.RuleIndex.ToString(CultureInfo.InvariantCulture), Number(rule.Matched), Number(rule.Sent), Number(rule.Filtered), Number(rule.RateLimited), rule.Actions, "");
            }
        }
        if (report.Policies.Count == 0) Terminal.WriteLine("No policy: skep policy add FILE puts one in force.");
        else Terminal.Write(table);
        Terminal.WriteLine();
        var times = report.Programs.ToLookup(p => p.Program);
        var hooks = Terminal.NewTable("hook", "runs#", "sent#", "limited#", "lost#", "ns/run#");
        foreach (var hook in report.Hooks) hooks.AddPlainRow(hook.Hook, Number(hook.Runs), Number(hook.Sent), Number(hook.RateLimited), Number(hook.Lost), Cost(times[hook.Hook]));
        Terminal.Write(hooks);
        if (report.Programs.Count == 0) Terminal.WriteLine("\nRun times are not measured: --measure, or sysctl kernel.bpf_stats_enabled=1.");
        if (report.Malformed > 0) Terminal.WriteLine($"{report.Malformed} records could not be understood.");
    }

    static string Cost(IEnumerable<ProgramAccount> programs)
    {
        var (runs, time) = programs.Aggregate((Runs: 0UL, Time: 0UL), (sum, p) => (sum.Runs + p.Runs, sum.Time + p.RunTimeNs));
        return runs == 0 ? "" : Number(time / runs);
    }

    static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    static string Bytes(ulong bytes) => bytes < 1024 ? $"{bytes} B" : bytes < 1024 * 1024 ? $"{bytes / 1024} KB" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024:f1} MB");
}
