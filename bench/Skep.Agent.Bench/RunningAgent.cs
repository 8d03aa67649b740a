using System.Diagnostics;
using System.Globalization;
using Skep.Cli.Client;
using Skep.Tetragon.Api;
using Process = System.Diagnostics.Process;

namespace Skep.Agent.Bench;

/// <summary><c>skep run</c> with one policy, about marked system calls of this process; in a directory of its own.</summary>
sealed class RunningAgent : IDisposable
{
    /// <summary>Arguments from here on are ours: sessions have no such numbers.</summary>
    public const int FirstMark = 0x5000_0001;

    const double TicksPerSecond = 100; // USER_HZ, of /proc/PID/stat

    const string Policy = """
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: bench
        spec:
          kprobes:
          - call: "sys_getsid"
            syscall: true
            args:
            - {index: 0, type: "int"}
            selectors:
            - matchArgs:
              - {index: 0, operator: "GT", values: ["1342177280"]}
        """;

    readonly string _folder = Directory.CreateTempSubdirectory("skep-bench-").FullName;
    readonly Process _process;
    readonly AgentClient _client;

    public RunningAgent(string skep, params IEnumerable<string> options)
    {
        var policy = Path.Combine(_folder, "policy.yaml");
        File.WriteAllText(policy, Policy);
        var start = new ProcessStartInfo(skep) { RedirectStandardError = true };
        if (skep.EndsWith(".dll", StringComparison.Ordinal))
        {
            start.FileName = "dotnet";
            start.ArgumentList.Add(skep);
        }
        string[] common = ["run", "-o", "none", "-f", policy, "--pin-directory", "none", "--server-address", $"unix:{Socket}"];
        foreach (var argument in common.Concat(options)) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        while (true)
        {
            if (_process.StandardError.ReadLine() is not { } line) throw new InvalidOperationException("the agent ended");
            if (line == "skep: ready") break;
            Console.Error.WriteLine(line);
        }
        _ = Task.Run(() =>
        {
            while (_process.StandardError.ReadLine() is { } line) Console.Error.WriteLine(line);
        });
        _client = AgentClient.Find($"unix:{Socket}");
    }

    public string Socket => Path.Combine(_folder, "skep.sock");

    /// <summary>Where the export file is, if the options ask for it: in memory, so that no disk is measured.</summary>
    public static string ExportFile { get; } = string.Create(CultureInfo.InvariantCulture, $"/dev/shm/skep-bench-{Environment.ProcessId}.log");

    /// <summary>Options for an export file of this policy's events.</summary>
    public static IReadOnlyList<string> Exports { get; } = ["--export-filename", ExportFile, "--export-file-max-size-mb", "100", "--export-file-max-backups", "1", "--export-allowlist", """{"policy_names":["bench"]}"""];

    /// <summary>Seconds of processor time so far.</summary>
    public double CpuSeconds
    {
        get
        {
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    /// <summary>Kilobytes of a field of <c>/proc/PID/status</c>.</summary>
    public long Kilobytes(string field) =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").Single(l => l.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);

    public async Task<GetStatusResponse> Status() => await _client.Agent.GetStatusAsync(new GetStatusRequest());

    public void Dispose()
    {
        _client.Dispose();
        using (var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)])) kill.WaitForExit();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
        foreach (var file in Directory.EnumerateFiles("/dev/shm", $"{Path.GetFileNameWithoutExtension(ExportFile)}*")) File.Delete(file);
    }
}
