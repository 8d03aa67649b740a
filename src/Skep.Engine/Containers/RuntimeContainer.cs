namespace Skep.Engine.Containers;

/// <summary>What a runtime answers about a container.</summary>
public sealed record RuntimeContainer
{
    /// <summary>The runtime: containerd, cri-o; empty when it does not tell.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its image, by name.</summary>
    public string Image { get; init; } = "";

    /// <summary>Its image, by digest or id.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>When it was made; default when that is not told.</summary>
    public DateTime StartTime { get; init; }

    /// <summary>Its pod, with labels; null when it is of none.</summary>
    public PodInfo? Pod { get; init; }
}
