using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;

namespace Skep.Engine.KernelTests.Runtime;

/// <summary>Policies in force without an agent, and what their programs sent.</summary>
sealed class EngineProbe : IDisposable
{
    readonly EngineOptions _options = new();
    readonly HookResolver _resolver;
    readonly KernelState _state;
    readonly RingBufferReader _reader = new();
    readonly List<Event> _events = [];
    Generation _generation;

    public EngineProbe(HookRequest hook) : this(new Policy { Name = "p", Hooks = [hook] })
    {
    }

    public EngineProbe(params Policy[] policies) : this([], policies)
    {
    }

    /// <summary>As on a kernel that lacks something.</summary>
    public EngineProbe(IReadOnlyList<AttachFeature> without, params Policy[] policies)
    {
        var missing = new FeatureSupport("what a test rules out", FeatureStatus.Missing, FeatureCause.NotBuilt, "a test rules it out");
        _resolver = new HookResolver(Btf.Kernel, feature => without.Contains(feature) ? missing : Features.Attach(feature));
        _state = KernelState.Open(_options);
        _generation = Load(1, policies);
        _generation.Enter();
        _state.Activate(1, 0, _options);
        _reader.Add(_state.Maps["events"], record =>
        {
            // Others on this machine, the same tests among them, run into the same hooks.
            if (!RecordHeader.TryRead(record, out var header) || (header.Pid != Environment.ProcessId && header.ParentPid != Environment.ProcessId)) return;
            if (HookRecord.TryRead(record, out var hook)) _events.Add(Event.Of(hook, _generation.Plan.Hooks[hook.Hook - 1]));
        });
    }

    public GenerationPlan Plan => _generation.Plan;

    public IReadOnlyList<HookStatistics> Statistics => [.. _generation.Statistics()];

    /// <summary>Everything of this process and its children that came so far.</summary>
    public IReadOnlyList<Event> Events()
    {
        _reader.Poll(TimeSpan.FromMilliseconds(50));
        _reader.Consume();
        return _events;
    }

    /// <summary>Puts other policies in force, as a reload does.</summary>
    public void Replace(params Policy[] policies)
    {
        var next = Load(_generation.Number + 1, policies);
        next.Enter();
        _state.Activate(next.Number, 0, _options);
        Events();
        _generation.Leave();
        _generation.Dispose();
        _generation = next;
        _state.RemoveGatesWithout(next.Number);
    }

    public void Dispose()
    {
        _reader.Dispose();
        _state.Detach();
        _generation.Dispose();
        _state.Dispose();
    }

    Generation Load(uint number, Policy[] policies)
    {
        var plan = GenerationPlan.Create(policies, _resolver, bestEffort: false);
        plan.Failures.ShouldAllBe(failure => failure.IsIgnored);
        var generation = Generation.Load(number, plan, Btf.Kernel, _options, _state);
        generation.Attach();
        return generation;
    }

    /// <summary>One event.</summary>
    /// <param name="Target">What was called.</param>
    /// <param name="Numbers">The values, as numbers.</param>
    /// <param name="Tid">The thread.</param>
    public sealed record Event(HookTarget Target, IReadOnlyList<long> Numbers, uint Tid)
    {
        public static Event Of(in HookRecord record, HookPlan plan)
        {
            var request = plan.RequestOf(record.Match(0).Rule)!;
            var numbers = new long[request.Values.Count];
            for (var i = 0; i < numbers.Length; i++) numbers[i] = (long)record.NumberAt(request.Values[i]);
            return new Event((request.Members is { } members ? members[(int)record.NumberAt(plan.CallIndex)] : request.Request).Target, numbers, record.Tid);
        }
    }
}
