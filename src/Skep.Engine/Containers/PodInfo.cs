using System.Collections.ObjectModel;

namespace Skep.Engine.Containers;

/// <summary>The Kubernetes pod of a container, as far as the runtime or the orchestrator tells it.</summary>
public sealed record PodInfo
{
    /// <summary>Its namespace.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its uid.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Whether its labels are known; most runtimes leave them to the orchestrator.</summary>
    public bool HasLabels { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Its annotations, if they are wanted.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>What made it: the deployment's name, for example.</summary>
    public string Workload { get; init; } = "";

    /// <summary>What kind of thing that is: <c>Deployment</c>.</summary>
    public string WorkloadKind { get; init; } = "";

    /// <summary>Whether the container is privileged.</summary>
    public bool IsPrivileged { get; init; }
}
