using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Skep.Testing;

namespace Skep.Cli.KernelTests;

/// <summary>The program as its users run it, against the running kernel (root); bpftool is the oracle where it is installed.</summary>
public class CommandTests
{
    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    [RootFact]
    public void Doctor_agrees_with_the_probes_of_the_tests()
    {
        var (code, output, error) = CliProcess.Run("doctor", "-o", "json");
        code.ShouldBe(0, error);
        var report = JsonDocument.Parse(output).RootElement;
        report.GetProperty("can_run").GetBoolean().ShouldBeTrue();
        report.GetProperty("kernel").GetString().ShouldBe(File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        StatusOf(report, "attach", "fentry").ShouldBe(Expected(KernelFeature.Trampoline));
        StatusOf(report, "attach", "kprobe").ShouldBe(Expected(KernelFeature.Kprobe));
        StatusOf(report, "attach", "tcx").ShouldBe(Expected(KernelFeature.Tcx));
        foreach (var feature in report.GetProperty("features").EnumerateArray().Where(f => f.GetProperty("status").GetString() != "present"))
        {
            feature.GetProperty("why").GetString().ShouldNotBeNullOrEmpty(feature.ToString());
            feature.GetProperty("lost").GetString().ShouldNotBeNullOrEmpty(feature.ToString());
        }
    }

    static string Expected(KernelFeature feature) => KernelFeatures.WhyMissing(feature) is null ? "present" : "missing";

    static string? StatusOf(JsonElement report, string group, string name) => report.GetProperty("features").EnumerateArray()
        .Single(f => f.GetProperty("group").GetString() == group && f.GetProperty("name").GetString() == name).GetProperty("status").GetString();

    [RootFact]
    public void Run_is_ready_and_shows_a_process_of_ours_as_json()
    {
        using var skep = CliProcess.Start("run", "-o", "json", "--pin-directory", "none", "--server-address", "none", "--state-directory", "none", "--duration", "100s");
        skep.StandardError.ReadLine().ShouldBe("skep: ready");
        using (var child = Process.Start("/bin/sh", ["-c", "exit 7"])) child.WaitForExit();
        string? id = null;
        var ended = false;
        while (!ended && skep.StandardOutput.ReadLine() is { } line)
        {
            var record = Json(line);
            if (record.TryGetProperty("process_exec", out var exec) && exec.GetProperty("process").TryGetProperty("arguments", out var arguments) && arguments.GetString()!.Contains("exit 7", StringComparison.Ordinal))
            {
                id = exec.GetProperty("process").GetProperty("exec_id").GetString();
            }
            ended = record.TryGetProperty("process_exit", out var exit) && exit.GetProperty("process").GetProperty("exec_id").GetString() == id && exit.GetProperty("status").GetInt32() == 7;
        }
        CliProcess.Interrupt(skep);
        var rest = skep.StandardOutput.ReadToEndAsync();
        var closing = skep.StandardError.ReadToEnd();
        skep.WaitForExit();
        ended.ShouldBeTrue($"seen up to here: {id}; {rest.Result}");
        skep.ExitCode.ShouldBe(0, closing);
        closing.ShouldContain("0 lost");
    }

    [RootFact]
    public void Load_attaches_an_object_that_list_and_show_then_describe_as_bpftool_does()
    {
        using var skep = CliProcess.Start("bpf", "load", Fixture("exec.bpf.o"), "--attach", "-o", "json", "--duration", "100s");
        var lines = new List<string>();
        while (skep.StandardError.ReadLine() is { } line && line != "skep: ready") lines.Add(line);
        try
        {
            var id = lines.Single(l => l.Contains(" on_exec: attached", StringComparison.Ordinal)).Split(' ')[1];
            var ours = Json(CliProcess.Run("bpf", "prog", "show", id, "-o", "json").Output);
            ours.GetProperty("name").GetString().ShouldBe("on_exec");
            ours.GetProperty("type").GetString().ShouldBe("tracepoint");
            Json(CliProcess.Run("bpf", "prog", "list", "-o", "json").Output).EnumerateArray().ShouldContain(p => p.GetProperty("id").GetRawText() == id);
            Json(CliProcess.Run("bpf", "link", "list", "-o", "json").Output).EnumerateArray()
                .Any(l => l.TryGetProperty("prog_id", out var program) && program.GetRawText() == id && l.GetProperty("type").GetString() == "perf_event").ShouldBeTrue();
            var listing = CliProcess.Run("bpf", "prog", "dump", id).Output;
            listing.ShouldContain("on_exec:");
            listing.ShouldContain("bpf_get_current_task");
            if (CliProcess.Has("bpftool")) CompareWithBpftool(id, ours);
        }
        finally
        {
            skep.Kill();
            skep.WaitForExit();
        }
    }

    static void CompareWithBpftool(string id, JsonElement ours)
    {
        var start = new ProcessStartInfo("bpftool", ["-j", "prog", "show", "id", id]) { RedirectStandardOutput = true };
        using var bpftool = Process.Start(start)!;
        var theirs = Json(bpftool.StandardOutput.ReadToEnd());
        foreach (var field in new[] { "id", "type", "name", "tag", "bytes_xlated", "bytes_jited", "gpl_compatible" })
        {
            ours.GetProperty(field).GetRawText().ShouldBe(theirs.GetProperty(field).GetRawText(), field);
        }
        ours.GetProperty("map_ids").EnumerateArray().Select(m => m.GetInt32()).Order()
            .ShouldBe(theirs.GetProperty("map_ids").EnumerateArray().Select(m => m.GetInt32()).Order());
    }

    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    [RootFact]
    public void Btf_dump_lists_the_kernels_types()
    {
        var (code, output, _) = CliProcess.Run("bpf", "btf", "dump", "/sys/kernel/btf/vmlinux");
        code.ShouldBe(0);
        output.ShouldContain("STRUCT 'task_struct' size=");
    }

    [RootFact]
    public void What_does_not_exist_is_an_error_on_standard_error()
    {
        var (code, output, error) = CliProcess.Run("bpf", "prog", "show", "4294967290");
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain("no program has id 4294967290");
    }
}
