using Google.Protobuf.WellKnownTypes;
using Skep.Agent.Health;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>The agent's status as the API tells it.</summary>
static class StatusMessages
{
    public static GetStatusResponse From(AgentStatus status)
    {
        var response = new GetStatusResponse
        {
            Version = status.Version,
            Started = Timestamp.FromDateTimeOffset(status.Started),
            Cpu = new CpuUse { Time = Duration.FromTimeSpan(status.CpuTime), Share = status.CpuShare, RecentShare = status.RecentCpuShare, Budget = status.Budget.Cpu },
            Memory = new MemoryUse { ResidentBytes = (ulong)status.ResidentBytes, BudgetBytes = (ulong)status.Budget.Memory, KernelBytes = (ulong)status.KernelBytes },
            Events = (ulong)status.Events,
            EventsPerSecond = status.EventsPerSecond,
            Policies = new PolicyTotals { Loaded = (uint)status.LoadedPolicies, Disabled = (uint)status.DisabledPolicies, WithErrors = (uint)status.FaultyPolicies },
            Clients = (uint)status.Clients,
            TakenBack = (ulong)status.TakenBack,
            ContainerErrors = (ulong)status.ContainerErrors,
        };
        foreach (var loss in status.Losses) response.Losses.Add(new EventLoss { Cause = loss.Cause, Description = loss.Description, Events = (ulong)loss.Events });
        foreach (var ability in status.Abilities) response.Abilities.Add(new Ability { Name = ability.Name, State = ability.State, Reason = ability.Reason });
        if (status.ExportFile is { } file)
        {
            response.ExportFile = new ExportFileState
            {
                Path = file.Path, Events = (ulong)file.Events, Bytes = (ulong)file.Bytes, WaitingBytes = (ulong)file.Waiting, Failure = file.Failure ?? "",
                LastExport = file.LastExport is { } last ? Timestamp.FromDateTimeOffset(last) : null,
            };
        }
        if (status.Recorder is { } recorder)
        {
            response.Recorder = new RecorderWindow { Span = Duration.FromTimeSpan(recorder.Span), Bytes = (ulong)recorder.Bytes, PausedBecause = recorder.PausedBecause ?? "" };
        }
        return response;
    }
}
