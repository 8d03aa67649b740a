namespace Skep.Engine.Containers;

/// <summary>A container, known by the control group that its processes are in.</summary>
public sealed class ContainerInfo
{
    /// <summary>Full id, 64 hexadecimal digits for most runtimes.</summary>
    public required string Id { get; init; }

    /// <summary>Runtime as told by the control group's name: docker, containerd, cri-o, podman, systemd-nspawn; empty when it cannot be told.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>Name given by the user or orchestrator; empty when not known.</summary>
    public string Name { get; init; } = "";

    /// <summary>Image reference; empty when not known.</summary>
    public string Image { get; init; } = "";

    /// <summary>Digest or id of the image; empty when not known.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>When the container's first process started; default when not known.</summary>
    public DateTime StartTime { get; init; }

    /// <summary>Why name and image are not known; null when they are.</summary>
    public string? UnknownBecause { get; init; }

    /// <summary>Id of the control group in the v2 hierarchy, or inode of its directory in a v1 one.</summary>
    public ulong CgroupId { get; init; }
}
