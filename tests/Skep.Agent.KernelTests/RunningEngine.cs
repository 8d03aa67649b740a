using System.Diagnostics;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Tetragon.Policies;

namespace Skep.Agent.KernelTests;

/// <summary>An engine with policies in force, and the events that came.</summary>
sealed class RunningEngine : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_pollInterval = TimeSpan.FromMilliseconds(5);

    readonly EventCollector _events = new();

    public RunningEngine(IReadOnlyList<Policy> policies, EngineOptions? options = null)
    {
        Engine = SkepEngine.Start(options ?? new EngineOptions(), _events);
        Result = Engine.Apply(policies);
    }

    public SkepEngine Engine { get; }

    public ApplyResult Result { get; }

    /// <summary>Events of hooks so far, as export JSON.</summary>
    public IReadOnlyList<string> Lines => _events.Lines;

    /// <summary>Puts the policies of a text in force; throws when there is anything wrong with them.</summary>
    public static RunningEngine Of(string yaml, EngineOptions? options = null)
    {
        var read = TracingPolicyFile.Parse(yaml, "policy.yaml");
        if (read.Diagnostics.Any(d => d.Severity != Severity.Warning)) throw new InvalidOperationException(string.Join('\n', read.Diagnostics));
        var engine = new RunningEngine(read.Policies, options);
        if (engine.Result.IsComplete) return engine;
        var failures = string.Join('\n', engine.Result.Failures.Select(f => f.Reason));
        engine.Dispose();
        throw new InvalidOperationException(failures);
    }

    /// <summary>Waits until some event meets a condition; null when none does in time.</summary>
    public string? Await(Func<string, bool> isWanted)
    {
        var started = Stopwatch.GetTimestamp();
        var seen = 0;
        while (true)
        {
            Engine.Poll(s_pollInterval);
            for (; seen < Lines.Count; seen++)
            {
                if (isWanted(Lines[seen])) return Lines[seen];
            }
            if (Stopwatch.GetElapsedTime(started) > s_patience) return null;
        }
    }

    /// <summary>The events that meet a condition, when everything that is on its way has come.</summary>
    public List<string> All(Func<string, bool> isWanted)
    {
        for (var i = 0; i < 10; i++) Engine.Poll(s_pollInterval);
        return [.. Lines.Where(isWanted)];
    }

    public void Dispose() => Engine.Dispose();
}
