using System.Diagnostics;
using Skep.Agent.Api;
using Skep.Agent.Containers;
using Skep.Agent.Events;
using Skep.Agent.Health;
using Skep.Agent.Metrics;
using Skep.Agent.Policies;
using Skep.Agent.Recording;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Falco;
using Skep.Falco.Output;
using Skep.Tetragon.Export;

namespace Skep.Agent;

/// <summary>The agent in the foreground: loads policies, hands out events, and says what happens to itself.</summary>
public sealed class PolicyAgent : IDisposable
{
    /// <summary>Records below the ring's wake-up threshold wait at most this long.</summary>
    static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(5);

    static readonly TimeSpan s_selfTestLimit = TimeSpan.FromSeconds(10), s_lossInterval = TimeSpan.FromSeconds(1), s_healthInterval = TimeSpan.FromMinutes(1);

    readonly AgentOptions _options;
    readonly MessageLog _messages;
    readonly SelfTest _selfTest = new();
    readonly EngineCalls _calls = new();
    readonly EventHub _hub;
    readonly RuntimeSockets _runtimes;
    readonly SkepEngine _engine;
    readonly AgentControl _control;
    readonly ExportFileSink? _exportFile;
    readonly OutputWriter? _output;
    readonly AgentHealth _health;
    readonly StateDirectory? _state;
    readonly PolicyWatch? _watch;
    readonly ServiceNotifier? _service;
    readonly Recorder? _recorder;
    ApiServer? _server;
    MetricsServer? _metrics;
    volatile bool _reloadWanted;
    LossReport _reported = new();
    long _healthShown;
    /// <summary>Whether what is in force is not what the files say.</summary>
    bool _isOutOfDate;

    PolicyAgent(AgentOptions options, Stream output, MessageLog messages, StateDirectory? state, PolicyWatch? watch)
    {
        (_options, _messages, _state, _watch) = (options, messages, state, watch);
        _runtimes = new RuntimeSockets(options.RuntimeSockets, notice => messages.WriteLine($"skep: {notice}"));
        _service = ServiceNotifier.FromEnvironment(messages);
        var export = new ExportOptions
        {
            NodeName = options.NodeName, ClusterName = options.ClusterName, Credentials = options.WithPrivileges, Namespaces = options.WithPrivileges,
            EnvironmentVariables = options.Engine.EnvironmentLimit > 0, Redactor = options.Redactor, StackBuildIds = options.WithBuildIds,
        };
        var compact = new CompactOptions { IsColoured = options.UsesColour, ShowsTime = true, Redactor = options.Redactor };
        _output = options.Format switch
        {
            EventFormat.Compact => new OutputWriter(output, lost => LossNotice.Compact(compact, lost)),
            EventFormat.Json => new OutputWriter(output, lost => LossNotice.Line(export.NodeName, lost)),
            _ => null,
        };
        _hub = new EventHub(_selfTest, export)
        {
            Compact = options.PrintsEvents && options.Format == EventFormat.Compact ? new CompactPrinter(_output!, compact) : null,
            Alerts = _output is null ? null : new AlertPrinter(_output),
        };
        if (options.PrintsEvents && options.Format == EventFormat.Json) _hub.Add(new LinePrinter(_output!));
        if (options.ExportFile is { } file) _hub.Add(_exportFile = new ExportFileSink(file, export, problem => messages.WriteLine($"skep: {problem}")));
        try
        {
            _engine = SkepEngine.Start(options.Engine with { ContainerRuntime = _runtimes }, _hub);
        }
        catch
        {
            _runtimes.Dispose();
            _exportFile?.Dispose();
            _output?.Dispose();
            throw;
        }
        _recorder = EventRecording.Start(options, export, notice => messages.WriteLine($"skep: {notice}"));
        _hub.Recorder = _recorder;
        _health = new AgentHealth(options, _hub, _output, _exportFile, _recorder, _runtimes);
        _control = new AgentControl(_calls, _hub, _selfTest, options, export, state is null ? null : new PolicyArchive(state, messages)) { Health = _health, ExportFile = _exportFile };
    }

    /// <summary>Starts an agent; it returns once the policies are in force and an event that it made itself has come back.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="output">Where events go.</param>
    /// <param name="messages">Where diagnostics and losses go.</param>
    /// <returns>The agent; null when the policies are refused, which was said.</returns>
    /// <exception cref="BpfException">The kernel refuses the engine.</exception>
    public static PolicyAgent? Start(AgentOptions options, Stream output, TextWriter messages)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(messages);
        var log = new MessageLog(messages);
        // Before the first look, so that no change is missed.
        var watch = options.WatchesPolicies && options.Policies.Count + options.OptionalPolicies.Count > 0 ? PolicyWatch.Begin([.. options.Policies, .. options.OptionalPolicies], log) : null;
        StateDirectory? state = null;
        PolicyAgent agent;
        PolicySet policies;
        try
        {
            policies = PolicySet.Load(options.Policies, options.OptionalPolicies);
            foreach (var diagnostic in policies.Diagnostics) log.WriteLine(diagnostic);
            if (policies.IsRefused(options.Engine.BestEffort))
            {
                watch?.Dispose();
                return null;
            }
            state = options.StateDirectory is { } directory ? StateDirectory.Open(directory) : null;
            agent = new PolicyAgent(options, output, log, state, watch);
        }
        catch
        {
            watch?.Dispose();
            state?.Dispose();
            throw;
        }
        try
        {
            // Without policies too: those of the agent before are no longer wanted.
            if ((policies.Policies.Count > 0 || agent._control.Wanted > 0 || agent._engine.HasTakenOver) && !agent.Apply(policies))
            {
                agent.Dispose();
                return null;
            }
            agent._selfTest.Run();
            agent.AwaitSelfTest();
            agent._server = ApiServer.Start(options.Api, agent._control, agent._messages);
            if (options.MetricsAddress is { } metrics) agent._metrics = MetricsServer.Start(metrics, agent._control);
            return agent;
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    /// <summary>How the recorder is; null when nothing is recorded. From any thread.</summary>
    public RecorderStatus? Recording => _recorder?.Status;

    /// <summary>Reads the policies again, on the thread of <see cref="Run"/>, and opens the export file anew; from any thread.</summary>
    public void Reload()
    {
        _reloadWanted = true;
        _exportFile?.Reopen();
        _engine.Wake();
    }

    /// <summary>Hands out events until the time is over or <paramref name="cancellation"/>.</summary>
    public void Run(CancellationToken cancellation)
    {
        if (_engine.HasTakenOver) _messages.WriteLine($"skep: took over from the agent before{(_engine.Orphaned > 0 ? $"; {_engine.Orphaned} events of its policies cannot be told" : "")}");
        ReturnMemory();
        _calls.Open(_engine);
        _messages.WriteLine("skep: ready");
        ShowHealth();
        _service?.Ready(Status());
        _watch?.Start(difference =>
        {
            _messages.WriteLine($"skep: {difference}");
            Reload();
        });
        var started = Stopwatch.GetTimestamp();
        var lossChecked = started;
        using var registration = cancellation.Register(static engine => ((SkepEngine)engine!).Wake(), _engine);
        while (!cancellation.IsCancellationRequested && !(_options.Duration is { } duration && Stopwatch.GetElapsedTime(started) >= duration))
        {
            _engine.Poll(s_pollInterval);
            _recorder?.OnBatch(_engine);
            _calls.Run();
            _output?.ThrowIfFailed();
            if (_reloadWanted) LoadAgain();
            _service?.Live();
            if (Stopwatch.GetElapsedTime(lossChecked) < s_lossInterval) continue;
            ReportLoss();
            _health.Sample(_messages);
            if (Stopwatch.GetElapsedTime(_healthShown) >= s_healthInterval) ShowHealth();
            _service?.Tell(Status());
            lossChecked = Stopwatch.GetTimestamp();
        }
        _service?.Stopping();
        _calls.Close();
        _engine.Poll(TimeSpan.Zero);
        _output?.Drain();
        ReportLoss();
        _messages.WriteLine($"skep: {_hub.Counts.Total} events, {Lost()} lost{(_engine.Malformed > 0 ? $", {_engine.Malformed} malformed" : "")}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch?.Dispose();
        _calls.Close();
        _metrics?.Dispose();
        _server?.Dispose();
        _recorder?.Dispose();
        _engine.Dispose();
        _runtimes.Dispose();
        _hub.Dispose();
        _output?.Dispose();
        _exportFile?.Dispose();
        _state?.Dispose();
        _service?.Dispose();
    }

    void LoadAgain()
    {
        _reloadWanted = false;
        _service?.Reloading();
        var policies = PolicySet.Load(_options.Policies, _options.OptionalPolicies);
        foreach (var diagnostic in policies.Diagnostics) _messages.WriteLine(diagnostic);
        var isInForce = false;
        try
        {
            isInForce = !policies.IsRefused(_options.Engine.BestEffort) && Apply(policies);
        }
        catch (BpfException error)
        {
            _messages.WriteLine($"skep: {error.Message}");
        }
        _isOutOfDate = !isInForce;
        ReturnMemory();
        _messages.WriteLine(isInForce ? $"skep: reloaded, {policies.Policies.Count} policies" : "skep: not reloaded: the policies before stay in force");
        _service?.Ready(Status());
    }

    string Status() => $"{_control.Wanted} policies, {Lost()} events lost{(_isOutOfDate ? "; files of policies have errors: those before stay in force" : "")}";

    /// <summary>What compiling and loading took is garbage by now, and little will be allocated from here on: the collector would keep it for long.</summary>
    static void ReturnMemory()
    {
        MappedCode.Release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>All of them, unless the best effort is asked for; else the ones before stay.</summary>
    bool Apply(PolicySet policies)
    {
        var result = _control.Replace(_engine, policies.Policies);
        if (result.IsInForce) _hub.Detector = DetectorOf(policies);
        foreach (var failure in result.Failures) _messages.WriteLine(Describe(failure));
        return result.IsInForce;
    }

    FalcoDetector? DetectorOf(PolicySet policies)
    {
        if (policies.RulePlan is not { } plan) return null;
        return new FalcoDetector(plan.Rules, new AlertOptions { Hostname = _options.NodeName }, _options.Format == EventFormat.Json, _options.MatchesAllRules, new BootClock(), (_, line) => _hub.Alerts?.Add(line));
    }

    static string Describe(PolicyFailure failure)
    {
        var origin = failure.Request is { Origin.Length: > 0 } request ? $"{request.Origin}: " : "skep: ";
        return $"{origin}{(failure.IsIgnored ? "warning" : "error")}: policy '{failure.Policy.Name}': {failure.Reason}";
    }

    void AwaitSelfTest()
    {
        var started = Stopwatch.GetTimestamp();
        while (!_selfTest.HasPassed)
        {
            if (Stopwatch.GetElapsedTime(started) > s_selfTestLimit)
            {
                throw new BpfException("the programs are attached, but the event that skep made itself did not come back; see skep doctor");
            }
            _engine.Poll(s_pollInterval);
        }
    }

    long Lost() => LossReport.Of(_engine, _hub.Counts, _output, _exportFile?.Status).Lost;

    void ReportLoss()
    {
        _hub.Reactions.Report(_messages);
        var now = LossReport.Of(_engine, _hub.Counts, _output, _exportFile?.Status);
        _recorder?.OnLoss(now.Lost);
        foreach (var line in now.Since(_reported)) _messages.WriteLine($"skep: {line}");
        _reported = now;
    }

    void ShowHealth()
    {
        _healthShown = Stopwatch.GetTimestamp();
        if (_options.ShowsHealth) _messages.WriteLine(HealthLine.Of(_control.StatusNow(_engine)));
    }
}
