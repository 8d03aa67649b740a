using System.Diagnostics;
using System.Text.Json;
using Skep.Agent.KernelTests.Lifecycle;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>An agent with Falco's rules, and a process on the host that acts. What is asked after an action is answered when all its alerts are there.</summary>
sealed class AlertedAgent : IDisposable
{
    const string Fence = "An action is over", Mark = "skep-action-is-over";

    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    readonly string _directory = Directory.CreateTempSubdirectory("skep-acts").FullName;
    readonly AgentProcess _agent;
    int _fences;
    ActorStage? _host;
    ActorContainer? _container;

    /// <param name="rules">Rule files.</param>
    /// <param name="options">What else the agent is told.</param>
    public AlertedAgent(IEnumerable<string> rules, params string[] options)
    {
        var fence = System.IO.Path.Combine(_directory, "fence.yaml");
        File.WriteAllText(fence, $"""
            - rule: {Fence}
              desc: tells that all alerts before it are there
              condition: evt.type = unlinkat and evt.arg.name contains {Mark}-{Environment.ProcessId}
              output: It is over (name=%evt.arg.name)
              priority: DEBUG
            """);
        _agent = AgentProcess.Start([.. rules.Append(fence).SelectMany(file => (string[])["-r", file]), "--pin-directory", "none", .. options]);
    }

    public string Messages => _agent.Messages;

    /// <summary>A directory for files.</summary>
    public string Folder => _directory;

    /// <summary>What acts on the host.</summary>
    public ActorStage Host
    {
        get
        {
            if (_host is { IsBroken: true })
            {
                _host.Dispose();
                _host = null;
            }
            return _host ??= new ActorStage(new ProcessStartInfo(Program("eg_stage")));
        }
    }

    /// <summary>What acts in a container.</summary>
    public ActorContainer Container
    {
        get
        {
            if (_container is { Stage.IsBroken: true })
            {
                _container.Dispose();
                _container = null;
            }
            return _container ??= new ActorContainer();
        }
    }

    /// <summary>Puts the actor under a name and tells its path.</summary>
    public string Program(string name)
    {
        var path = System.IO.Path.Combine(_directory, name);
        if (!File.Exists(path)) File.Copy(ActorStage.Program, path);
        return path;
    }

    /// <summary>The alerts that an action raised: others, of whoever else is on this machine, may be among them.</summary>
    public List<JsonElement> AlertsOf(Action act, Func<JsonElement, bool>? awaited = null)
    {
        var before = _agent.Objects().Count;
        act();
        // Where the one that is awaited is not there when the fence is, it may be held back: it has a while.
        var started = Stopwatch.GetTimestamp();
        do
        {
            PutFence();
            if (awaited is null || _agent.Objects().Skip(before).Any(awaited)) break;
            Thread.Sleep(100);
        }
        while (Stopwatch.GetElapsedTime(started) < s_grace);
        return [.. _agent.Objects().Skip(before).Where(alert => alert.GetProperty("rule").GetString() != Fence)];
    }

    void PutFence()
    {
        var mark = $"/{Mark}-{Environment.ProcessId}-{++_fences}";
        Host.Call("unlinkat", -100, mark, 0);
        _agent.AwaitObject(alert => alert.GetProperty("rule").GetString() == Fence && alert.GetProperty("output_fields").GetProperty("evt.arg.name").GetString() == mark);
    }

    public void Dispose()
    {
        _container?.Dispose();
        _host?.Dispose();
        _agent.Dispose();
        Directory.Delete(_directory, true);
    }
}
