using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Lifecycle;

public class FaultTests
{
    /// <summary>Number of processes of the storm; without it 100,000, or what can be made in a minute.</summary>
    const string StormVariable = "SKEP_STORM_PROCESSES";

    [KernelFact]
    public void Storm_of_short_processes_is_accounted_for()
    {
        var asked = int.TryParse(Environment.GetEnvironmentVariable(StormVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var (wanted, limit) = asked ? (number, TimeSpan.MaxValue) : (100_000, TimeSpan.FromMinutes(1));
        var (executions, exits) = (new HashSet<ProcessId>(), new HashSet<ProcessId>());
        var repeated = 0;
        using var engine = SkepEngine.Start(new EngineOptions(), new Listener
        {
            Exec = process =>
            {
                if (IsOurs(process) && !executions.Add(process.Id)) repeated++;
            },
            Exit = (process, _) =>
            {
                if (IsOurs(process) && !exits.Add(process.Id)) repeated++;
            },
        });
        int begun = 0, made = 0, spawners = 2;
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, spawners).Select(_ => new Thread(() =>
        {
            while (Stopwatch.GetElapsedTime(started) < limit && Interlocked.Increment(ref begun) <= wanted)
            {
                if (Native.Run("/bin/true", "storm") > 0) Interlocked.Increment(ref made);
            }
            Interlocked.Decrement(ref spawners);
        })).ToList();
        foreach (var thread in threads) thread.Start();
        while (Volatile.Read(ref spawners) > 0) engine.Poll(TimeSpan.FromMilliseconds(5));
        var elapsed = Stopwatch.GetElapsedTime(started);
        engine.Poll(TimeSpan.FromMilliseconds(5));
        var sensor = engine.Statistics().Single(s => s.Hook == HookStatistics.Sensor);
        Console.Error.WriteLine($"{made} processes, {made / elapsed.TotalSeconds:F0}/s, {executions.Count} executions and {exits.Count} exits told; {sensor}; tree {engine.Processes.Count} processes, {engine.Processes.RetainedBytes >> 10} KiB");
        repeated.ShouldBe(0);
        engine.Malformed.ShouldBe(0);
        executions.Count.ShouldBeLessThanOrEqualTo(made);
        (executions.Count + sensor.Lost).ShouldBeGreaterThanOrEqualTo(made);
        (exits.Count + sensor.Lost).ShouldBeGreaterThanOrEqualTo(made);
        if (sensor.Lost == 0) (executions.Count, exits.Count).ShouldBe((made, made));
        engine.Processes.RetainedBytes.ShouldBeLessThanOrEqualTo(new ProcessTreeOptions().MemoryCap);

        static bool IsOurs(ProcessInfo process) => process.Arguments.Span.SequenceEqual("/bin/true\0storm\0"u8);
    }

    [KernelFact]
    public void Names_of_any_bytes_make_valid_json()
    {
        var directory = Directory.CreateTempSubdirectory("skep-names-").FullName;
        try
        {
            using var pins = new PinDirectory();
            using var agent = AgentProcess.Start("--pin-directory", pins.Path);
            // A control character, quotes, a backslash, a newline, and two bytes that are not UTF-8.
            Shell("n=$(printf 'a\\001b\"c\\047d\\\\e\\nf\\377\\300g'); cp /bin/true \"$1/$n\"; \"$1/$n\" \"$n\" end", directory);
            var process = agent.AwaitEvent("process_exec", e => Text(e, "binary").StartsWith(directory, StringComparison.Ordinal)).GetProperty("process");
            process.GetProperty("binary").GetString().ShouldBe($"{directory}/a\u0001b\"c'd\\e\nf\ufffd\ufffdg");
            process.GetProperty("arguments").GetString().ShouldNotBeNull().ShouldEndWith(" end");
        }
        finally
        {
            // Its name is not one that .NET can say.
            Shell("rm -rf \"$1\"", directory);
        }
    }

    [KernelFact]
    public void Path_of_four_kilobytes_arrives_whole()
    {
        var directory = Directory.CreateTempSubdirectory("skep-paths-").FullName;
        try
        {
            using var pins = new PinDirectory();
            using var agent = AgentProcess.Start("--pin-directory", pins.Path);
            var path = new StringBuilder(directory);
            // PATH_MAX counts the NUL.
            while (path.Length < 4095 - 210) path.Append('/').Append('d', 200);
            Directory.CreateDirectory(path.ToString());
            path.Append('/').Append('p', 4095 - 1 - path.Length);
            File.Copy("/bin/true", path.ToString());
            Native.Run(path.ToString(), "deep").ShouldBeGreaterThan(0);
            var process = agent.AwaitEvent("process_exec", e => Text(e, "arguments") == "deep").GetProperty("process");
            process.GetProperty("binary").GetString().ShouldBe(path.ToString());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [KernelFact]
    public void Arguments_of_128_kilobytes_arrive_whole()
    {
        using var pins = new PinDirectory();
        using var agent = AgentProcess.Start("--pin-directory", pins.Path, "--arguments", "200000");
        // MAX_ARG_STRLEN is 128 KiB with the NUL.
        var argument = string.Create(128 * 1024 - 1, 0, (text, _) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)('a' + i % 26);
        });
        Native.Run("/bin/true", argument).ShouldBeGreaterThan(0);
        var process = agent.AwaitEvent("process_exec", e => Text(e, "arguments").Length > 100_000).GetProperty("process");
        process.GetProperty("arguments").GetString().ShouldBe(argument);
        process.GetProperty("flags").GetString().ShouldNotBeNull().ShouldNotContain("truncArgs");
    }

    [KernelFact]
    public void Agent_with_a_few_policies_starts_and_stays_small()
    {
        using var pins = new PinDirectory();
        using var one = new PolicyFile(PolicyFile.KillsOpenerOf("/etc/skep-1"));
        using var agent = AgentProcess.Start("-f", one.Path, "--pin-directory", pins.Path);
        for (var i = 0; i < 2000; i++) Native.Run("/bin/true", "size");
        agent.AwaitEvent("process_exit", e => Text(e, "arguments") == "size");
        Console.Error.WriteLine($"ready after {agent.StartTime.TotalMilliseconds:F0} ms; {agent.ResidentKilobytes / 1024.0:F1} MB resident after 2,000 executions");
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    static string Text(JsonElement e, string name) => e.GetProperty("process").TryGetProperty(name, out var text) ? text.GetString()! : "";

    static void Shell(string script, string argument)
    {
        using var shell = Process.Start("/bin/sh", ["-c", script, "sh", argument]);
        shell.WaitForExit();
        shell.ExitCode.ShouldBe(0);
    }
}
