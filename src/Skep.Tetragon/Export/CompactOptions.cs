using Skep.Engine.Containers;
using Skep.Engine.Records;
using Skep.Tetragon.Filters;

namespace Skep.Tetragon.Export;

/// <summary>How events look to people.</summary>
public sealed record CompactOptions
{
    /// <summary>What stands where a container's name would: a node's name when events of several come together.</summary>
    public string HostName { get; init; } = "host";

    /// <summary>Whether the terminal shows colours.</summary>
    public bool IsColoured { get; init; }

    /// <summary>Whether a line starts with the time.</summary>
    public bool ShowsTime { get; init; }

    /// <summary>Turns the kernel's time into time of day.</summary>
    public BootClock Clock { get; init; } = new();

    /// <summary>Takes secrets out of arguments, as <see cref="ExportOptions.Redactor"/> does.</summary>
    public Redactor? Redactor { get; init; }

    /// <summary>The pod of a container; by default what its runtime says.</summary>
    public Func<ContainerInfo, PodInfo?> PodOf { get; init; } = container => container.Pod;
}
