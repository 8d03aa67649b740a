namespace Skep.Engine.Containers;

/// <summary>What a runtime tells of a container that it is about to start.</summary>
public sealed record ContainerNotice
{
    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its control group as runtimes write it: a path below the root of the hierarchy, or for systemd <c>slice:prefix:name</c>.</summary>
    public required string Cgroup { get; init; }

    /// <summary>Its name; empty when it is not told.</summary>
    public string Name { get; init; } = "";

    /// <summary>Its image; empty when it is not told.</summary>
    public string Image { get; init; } = "";

    /// <summary>Its pod; null when it is of none.</summary>
    public PodInfo? Pod { get; init; }

    /// <summary>Path of the control group below the root of the hierarchy.</summary>
    public string GroupPath => Cgroup.Split(':') is [var slice, var prefix, var name]
        ? $"{SlicePath(slice)}/{(prefix.Length > 0 ? $"{prefix}-{name}" : name)}{(name.EndsWith(".slice", StringComparison.Ordinal) ? "" : ".scope")}"
        : Cgroup.StartsWith('/') ? Cgroup : "/" + Cgroup;

    internal ContainerDetails Details => new() { Name = Name, Image = Image, Pod = Pod, IsFinal = true };

    /// <summary>systemd.slice(5): the name holds the path, <c>a-b.slice</c> lies in <c>a.slice</c>.</summary>
    static string SlicePath(string slice)
    {
        const string Ending = ".slice";
        var parts = slice.EndsWith(Ending, StringComparison.Ordinal) ? slice[..^Ending.Length].Split('-', StringSplitOptions.RemoveEmptyEntries) : [];
        return string.Concat(parts.Select((_, i) => $"/{string.Join('-', parts[..(i + 1)])}{Ending}"));
    }
}
