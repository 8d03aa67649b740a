using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>Tells clients how the agent is.</summary>
sealed class StatusService(AgentControl control)
{
    public async Task<GetStatusResponse> GetStatus() => StatusMessages.From(await control.Status());
}
