using Skep.Cli.Output;
using Spectre.Console;

namespace Skep.Cli.Doctor;

/// <summary>A report for people: the machine, what is missing, and what is there.</summary>
static class DoctorPrinter
{
    public static void Print(DoctorReport report, bool all)
    {
        PrintMachine(report);
        foreach (var group in report.Features.GroupBy(f => f.Group))
        {
            Terminal.WriteLine();
            var present = group.Where(f => f.Status == "present").ToList();
            Terminal.MarkupLine($"[bold]{Markup.Escape(group.Key.ToUpperInvariant())}[/]  {present.Count} of {group.Count()} present");
            if (all) PrintAll(group);
            else PrintShort(present, [.. group.Where(f => f.Status != "present")]);
        }
        Terminal.WriteLine();
        Terminal.MarkupLine(report.CanRun
            ? "[green]Skep can run here.[/] What is missing costs only what is said beside it."
            : $"[red]Skep cannot run here:[/] {Markup.Escape(string.Join(", ", report.Features.Where(f => f.Essential == true && f.Status == "missing").Select(f => f.Name)))}.");
    }

    static void PrintMachine(DoctorReport report)
    {
        var table = Terminal.NewTable("machine", "");
        table.AddPlainRow("kernel", $"{report.Kernel} ({report.Architecture})");
        table.AddPlainRow("types (BTF)", report.Btf ? "yes" : "no");
        table.AddPlainRow("JIT", report.JitHardening is > 0 ? $"{report.Jit}, hardened ({report.JitHardening})" : report.Jit);
        table.AddPlainRow("lockdown", report.Lockdown);
        table.AddPlainRow("security modules", report.ActiveLsms is null ? "unknown" : string.Join(", ", report.ActiveLsms));
        table.AddPlainRow("user", report.User == uint.MaxValue ? "unknown" : $"uid {report.User}");
        table.AddPlainRow("capabilities", Join(report.Capabilities.Where(c => c.Value).Select(c => c.Key)));
        table.AddPlainRow("not held", Join(report.Capabilities.Where(c => !c.Value).Select(c => c.Key)));
        table.AddPlainRow("unprivileged eBPF", report.UnprivilegedBpfDisabled switch { null => "unknown", 0 => "allowed", var n => $"disabled ({n})" });
        table.AddPlainRow("kernel addresses", report.KptrRestrict switch { null => "unknown", 0 => "visible", 1 => "with CAP_SYSLOG", _ => "hidden" });
        table.AddPlainRow("locked memory", report.MemlockLimit is { } limit ? limit == "unlimited" ? limit : $"{limit} bytes (matters before Linux 5.11)" : "unknown");
        table.AddPlainRow("cgroup v2", report.Cgroup2 ?? "not mounted");
        table.AddPlainRow("cgroup v1", Join(report.Cgroup1));
        table.AddPlainRow("bpffs", Join(report.Bpffs));
        table.AddPlainRow("tracefs", report.Tracefs ?? "not mounted (mounted when needed)");
        Terminal.Write(table);
    }

    static void PrintShort(List<DoctorFinding> present, List<DoctorFinding> missing)
    {
        if (present.Count > 0) Terminal.WriteLine($"present: {string.Join(", ", present.Select(f => f.Name))}");
        foreach (var finding in missing)
        {
            Terminal.MarkupLine($"{Mark(finding)} [bold]{Markup.Escape(finding.Name)}[/]: {Markup.Escape(finding.Why ?? "")}");
            if (finding.Lost is { } lost) Terminal.WriteLine($"    lost: {lost}");
            if (finding.Remedy is { } remedy) Terminal.WriteLine($"    remedy: {remedy}");
        }
    }

    static void PrintAll(IEnumerable<DoctorFinding> findings)
    {
        var table = Terminal.NewTable("feature", "status", "since", "why", "lost", "remedy");
        foreach (var finding in findings) table.AddPlainRow(finding.Name, finding.Status, finding.Since ?? "", finding.Why ?? "", finding.Lost ?? "", finding.Remedy ?? "");
        Terminal.Write(table);
    }

    static string Mark(DoctorFinding finding) => finding.Status == "missing" ? "[red]missing[/]" : "[yellow]unclear[/]";

    static string Join(IEnumerable<string> parts) => string.Join(", ", parts) is { Length: > 0 } text ? text : "none";
}
