using System.CommandLine;
using System.Globalization;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary><c>skep status</c>: whether an agent runs, and how it is.</summary>
static class StatusCommand
{
    public static Command Create()
    {
        var format = CommonOptions.Format();
        return new Command("status", "Ask a running agent how it is: what it costs, what it lost, what it can do here.") { format }.Does(async (client, parsed, cancellation) =>
        {
            var status = await client.Agent.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellation);
            var report = StatusReport.From(status);
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(report, Json.Default.StatusReport);
            else Print(report, status);
        });
    }

    static void Print(StatusReport report, GetStatusResponse status)
    {
        var table = Terminal.NewTable("agent", "", "");
        Row("version", report.Version, "");
        Row("started", report.Started.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), "");
        Row("cpu", $"{report.RecentCpuPercent:0.##} % of {report.CpuBudgetPercent:0.##} %", $"{(report.RecentCpuPercent > report.CpuBudgetPercent ? "over its budget; " : "")}{report.CpuPercent:0.##} % since the start, of all processors");
        Row("memory", $"{report.ResidentBytes / 1e6:0} MB of {report.MemoryBudgetBytes / 1e6:0} MB", $"{(report.ResidentBytes > report.MemoryBudgetBytes ? "over its budget; " : "")}{report.KernelBytes / 1e6:0.#} MB in the kernel");
        Row("policies", $"{report.PoliciesLoaded}", Join((report.PoliciesDisabled, "disabled"), (report.PoliciesWithErrors, "with errors: skep policy list")));
        Row("events", $"{report.Events}", $"{report.EventsPerSecond:0.#} a second");
        if (report.TakenBack > 0) Row("taken back", $"{report.TakenBack}", "the kernel could not decide them, and they were no match");
        if (report.ContainerErrors > 0) Row("container errors", $"{report.ContainerErrors}", "files and answers of runtimes that were not what they should be");
        Row("lost", $"{report.Lost}", report.Lost == 0 ? "" : "see below");
        Row("clients", $"{report.Clients}", "");
        if (report.ExportFile is { } file) Row("export file", file.Path, $"{file.Events} events, {file.Bytes / 1e6:0.#} MB{(file.Failure is { } failure ? $"; cannot be written: {failure}" : "")}");
        if (report.Recorder is { } recorder) Row("recorder", $"{TimeSpan.FromSeconds(recorder.WindowSeconds):hh\\:mm\\:ss}", $"{recorder.Bytes / 1e6:0.#} MB{(recorder.PausedBecause is { } reason ? $"; paused: {reason}" : "")}");
        Terminal.Write(table);

        if (report.Lost > 0)
        {
            Terminal.WriteLine();
            var losses = Terminal.NewTable("lost#", "cause");
            foreach (var loss in status.Losses.Where(l => l.Events > 0)) losses.AddPlainRow(loss.Events.ToString(CultureInfo.InvariantCulture), loss.Description);
            Terminal.Write(losses);
        }

        Terminal.WriteLine();
        var abilities = Terminal.NewTable("ability", "state", "why");
        foreach (var ability in report.Abilities) abilities.AddPlainRow(ability.Name, ability.State, ability.Reason ?? "");
        Terminal.Write(abilities);

        void Row(string name, string value, string remark) => table.AddPlainRow(name, value, remark);
    }

    static string Join(params ReadOnlySpan<(uint Count, string Text)> parts)
    {
        var text = new List<string>();
        foreach (var (count, what) in parts)
        {
            if (count > 0) text.Add($"{count} {what}");
        }
        return string.Join(", ", text);
    }
}
