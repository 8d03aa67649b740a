namespace Skep.Engine.Containers;

/// <summary>What a runtime knows of a container. Exchanged as a whole, so that a reader never sees half of it.</summary>
sealed record ContainerDetails
{
    public string Runtime { get; init; } = "";

    public string Name { get; init; } = "";

    public string Image { get; init; } = "";

    public string ImageId { get; init; } = "";

    public DateTime StartTime { get; init; }

    public PodInfo? Pod { get; init; }

    public string? UnknownBecause { get; init; }

    /// <summary>Whether a runtime may soon know more than this.</summary>
    public bool MayLearnMore { get; init; }

    /// <summary>Whether there is nothing more to ask for.</summary>
    public bool IsComplete => UnknownBecause is null && !MayLearnMore;

    /// <summary>Whether the runtime is not asked again.</summary>
    public bool IsFinal { get; init; }
}
