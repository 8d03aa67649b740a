namespace Skep.Engine.Containers;

/// <summary>
/// A container, known by the control group that its processes are in. What its runtime knows of it may come later, from another thread;
/// <see cref="Version"/> changes then.
/// </summary>
public sealed class ContainerInfo
{
    volatile ContainerDetails _details = new();
    volatile int _version;
    volatile bool _isTold;

    /// <summary>Full id, 64 hexadecimal digits for most runtimes.</summary>
    public required string Id { get; init; }

    /// <summary>Runtime as told by the control group's name: docker, containerd, cri-o, podman, systemd-nspawn, lxc, runc; empty when it cannot be told.</summary>
    public string Runtime { get => _details.Runtime; init => _details = _details with { Runtime = value }; }

    /// <summary>Name given by the user or orchestrator; empty when not known.</summary>
    public string Name { get => _details.Name; init => _details = _details with { Name = value }; }

    /// <summary>Image reference; empty when not known.</summary>
    public string Image { get => _details.Image; init => _details = _details with { Image = value }; }

    /// <summary>Digest or id of the image; empty when not known.</summary>
    public string ImageId { get => _details.ImageId; init => _details = _details with { ImageId = value }; }

    /// <summary>When the container's first process started; default when not known.</summary>
    public DateTime StartTime { get => _details.StartTime; init => _details = _details with { StartTime = value }; }

    /// <summary>The Kubernetes pod that it is a part of; null when it is of none or that is not known.</summary>
    public PodInfo? Pod { get => _details.Pod; init => _details = _details with { Pod = value }; }

    /// <summary>Why name and image are not known; null when they are.</summary>
    public string? UnknownBecause { get => _details.UnknownBecause; init => _details = _details with { UnknownBecause = value }; }

    /// <summary>Whether no more will become known of it: the runtime told everything, or has had its time.</summary>
    public bool IsFinal { get => _details.IsFinal; init => _details = _details with { IsFinal = value }; }

    /// <summary>Id of the control group in which it was first seen.</summary>
    public ulong CgroupId { get; init; }

    /// <summary>Changes after what is known of the container has changed.</summary>
    public int Version => _version;

    /// <summary>Whether the runtime told of it by itself.</summary>
    internal bool IsTold { get => _isTold; set => _isTold = value; }

    // Where the recording of this moment knows it.
    internal Recording.RecordingMark RecordingMark;

    internal void Learn(ContainerDetails details)
    {
        _details = details with { Runtime = details.Runtime.Length > 0 ? details.Runtime : Runtime };
        Interlocked.Increment(ref _version);
    }
}
