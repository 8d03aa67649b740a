using Skep.Engine.Recording;
using Skep.Engine.Records;
using Skep.Tetragon.Export;
using Skep.Tetragon.Policies;

namespace Skep.Agent.Recording;

/// <summary>Where an agent's events are recorded, and what is noted with them so that they can be printed as they were.</summary>
public static class EventRecording
{
    const string Folder = "recorder", Node = "node", Cluster = "cluster", Privileges = "privileges", Environment = "environment", True = "1";

    /// <summary>The folder below an agent's state directory.</summary>
    public static RecordingDirectory In(string stateDirectory) => new(Path.Combine(stateDirectory, Folder));

    /// <summary>Starts to record; null when that is not wanted, or another agent does it.</summary>
    internal static Recorder? Start(AgentOptions options, ExportOptions export, Action<string> tell)
    {
        if (options.StateDirectory is not { } state || options.RecorderSize == 0) return null;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { [Node] = export.NodeName, [Cluster] = export.ClusterName };
        if (export.Credentials && export.Namespaces) settings[Privileges] = True;
        if (export.EnvironmentVariables) settings[Environment] = True;
        return Recorder.Start(new RecorderOptions
        {
            Directory = In(state).Path, Size = options.RecorderSize, Settings = settings, Tags = HookTagCodec.Instance, Tell = tell,
            Redactor = export.Redactor is { } redactor ? new RecordedSecrets(redactor) : null,
        }, export.Clock);
    }

    /// <summary>How the events of a segment were printed.</summary>
    internal static ExportOptions ExportOf(RecordingHeader header, BootClock clock) => new()
    {
        NodeName = header.Settings.GetValueOrDefault(Node, ""),
        ClusterName = header.Settings.GetValueOrDefault(Cluster, ""),
        Credentials = header.Settings.ContainsKey(Privileges),
        Namespaces = header.Settings.ContainsKey(Privileges),
        EnvironmentVariables = header.Settings.ContainsKey(Environment),
        Clock = clock,
    };
}
