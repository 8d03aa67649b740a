namespace Skep.Agent.KernelTests.Falco;

/// <summary>The agent that all scenarios of a class share.</summary>
public sealed class ScenarioAgent : IDisposable
{
    readonly Lazy<AlertedAgent> _agent = new(() => new AlertedAgent([ScenarioTheoryAttribute.PathOf("falco_rules.yaml")]));

    internal AlertedAgent Agent => _agent.Value;

    public void Dispose()
    {
        if (_agent.IsValueCreated) _agent.Value.Dispose();
    }
}
