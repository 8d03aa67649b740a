using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Tetragon.Filters;

namespace Skep.Tetragon.Export;

/// <summary>What the JSON says of node and processes.</summary>
public sealed record ExportOptions
{
    /// <summary>The node's name, part of each <c>exec_id</c>.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>The cluster's name; empty for none.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>The node's labels.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Turns the kernel's time into time of day.</summary>
    public BootClock Clock { get; init; } = new();

    /// <summary>Whether processes carry <c>cap</c>, <c>process_credentials</c> and <c>binary_properties</c> (<c>--enable-process-cred</c>).</summary>
    public bool Credentials { get; init; }

    /// <summary>Whether processes carry <c>ns</c> (<c>--enable-process-ns</c>).</summary>
    public bool Namespaces { get; init; }

    /// <summary>The host's own namespaces, for <c>is_host</c>.</summary>
    public NamespaceSet HostNamespaces { get; init; }

    /// <summary>Whether processes carry <c>environment_variables</c>.</summary>
    public bool EnvironmentVariables { get; init; }

    /// <summary>Takes secrets out of arguments and environment variables, of every process that is printed (<c>--redaction-filters</c>).</summary>
    public Redactor? Redactor { get; init; }

    /// <summary>Which events list ancestors (<c>--enable-ancestors</c>).</summary>
    public ExportAncestors Ancestors { get; init; }

    /// <summary>Whether stacks carry addresses (<c>--expose-stack-addresses</c>).</summary>
    public bool StackAddresses { get; init; }

    /// <summary>Whether stacks of processes carry build ids of files (<c>build_id</c>), which Tetragon's messages have no field for.</summary>
    public bool StackBuildIds { get; init; }

    /// <summary>The pod of a container; by default what its runtime says.</summary>
    public Func<ContainerInfo, PodInfo?> PodOf { get; init; } = container => container.Pod;

    /// <summary>Finds the name of a user of the host; null when names are not wanted.</summary>
    public Func<uint, string?>? UserNameOf { get; init; }

    /// <summary>How many processes keep their JSON ready, about a kilobyte each.</summary>
    public int CachedProcesses { get; init; } = 4096;
}
