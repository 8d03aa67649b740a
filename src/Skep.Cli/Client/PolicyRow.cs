using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>A policy as <c>skep policy list</c> prints it.</summary>
sealed record PolicyRow
{
    public required ulong Id { get; init; }
    public required string Name { get; init; }
    public string? Namespace { get; init; }
    public required string Domain { get; init; }
    public required string State { get; init; }
    public required string Mode { get; init; }
    public required IReadOnlyList<string> Hooks { get; init; }
    public string? Error { get; init; }

    public static PolicyRow From(TracingPolicyStatus status) => new()
    {
        Id = status.Id,
        Name = status.Name,
        Namespace = status.Namespace.Length > 0 ? status.Namespace : null,
        Domain = status.Domain,
        State = StateOf(status.State),
        Mode = ModeOf(status.Mode),
        Hooks = [.. status.Sensors],
        Error = status.Error.Length > 0 ? status.Error : null,
    };

    public static string StateOf(TracingPolicyState state) => state switch
    {
        TracingPolicyState.TpStateEnabled => "enabled",
        TracingPolicyState.TpStateDisabled => "disabled",
        TracingPolicyState.TpStateLoadError => "not loaded",
        TracingPolicyState.TpStatePartiallyEnabled => "partly enabled",
        _ => "unknown",
    };

    public static string ModeOf(TracingPolicyMode mode) => mode switch
    {
        TracingPolicyMode.TpModeEnforce => "enforce",
        TracingPolicyMode.TpModeMonitor => "monitor",
        TracingPolicyMode.TpModeMonitorOnly => "monitor only",
        _ => "unknown",
    };
}
