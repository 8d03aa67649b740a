using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Skep.Engine.Containers;

namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>
/// A container of a pod as far as an agent can tell: a control group of its own, the state that runc keeps with the labels of Kubernetes, and
/// a first process in a pid namespace of its own.
/// </summary>
sealed class TestPod : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    readonly string _group, _state;
    readonly Process _keeper;
    readonly int _init;

    /// <param name="engine">Given time to hear of it; null for none.</param>
    /// <param name="name">Name of the pod.</param>
    /// <param name="space">Namespace of the pod.</param>
    /// <param name="labels">Labels of the pod.</param>
    public TestPod(RunningEngine? engine, string name, string space, Dictionary<string, string> labels)
    {
        var id = $"skep-{name}-{Environment.ProcessId}";
        _group = Path.Combine(CgroupHierarchy.Find().Mount, id);
        _state = $"/run/runc/{id}";
        Directory.CreateDirectory(_state);
        Directory.CreateDirectory(_group);
        string[] all = ["bundle=/nowhere", $"io.kubernetes.pod.name={name}", $"io.kubernetes.pod.namespace={space}", "io.kubernetes.container.name=main", .. labels.Select(l => $"{l.Key}={l.Value}")];
        var state = new JsonObject { ["id"] = id, ["created"] = "2026-01-01T00:00:00Z", ["config"] = new JsonObject { ["labels"] = new JsonArray([.. all.Select(l => JsonValue.Create(l))]) } };
        File.WriteAllText(_state + "/state.json", state.ToJsonString());
        _keeper = Process.Start("/bin/bash", ["-c", $"echo $$ > {_group}/cgroup.procs; exec unshare -pf --kill-child sleep 60"]);
        _init = ChildOf(_keeper.Id);
        // The catalogue hears of the container, its runtime's state is read, the kernel's table is written.
        var started = Stopwatch.GetTimestamp();
        while (engine is not null && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1)) engine.Engine.Poll(TimeSpan.FromMilliseconds(10));
    }

    /// <summary>Runs a command of the shell in the container's control group; <c>$init</c> is its first process.</summary>
    public ChildProcess Run(string command) => ChildProcess.Shell($"echo $$ > {_group}/cgroup.procs; init={_init}; {command}");

    public void Dispose()
    {
        _keeper.Kill();
        _keeper.WaitForExit();
        _keeper.Dispose();
        Directory.Delete(_state, recursive: true);
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                Directory.Delete(_group);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(20);
            }
        }
    }

    static int ChildOf(int parent)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < s_patience)
        {
            foreach (var directory in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
                try
                {
                    // The name in parentheses may hold anything; the state and the parent's pid follow it.
                    var stat = File.ReadAllText(directory + "/stat");
                    if (int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) == parent) return pid;
                }
                catch (IOException)
                {
                    // It has ended.
                }
            }
            Thread.Sleep(20);
        }
        throw new TimeoutException($"process {parent} has no child");
    }
}
