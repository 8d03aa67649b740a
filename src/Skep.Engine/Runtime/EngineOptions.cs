namespace Skep.Engine.Runtime;

/// <summary>How an engine is set up.</summary>
public sealed record EngineOptions
{
    /// <summary>Bytes of the ring buffer through which events come; a power of two. They count in the resident memory.</summary>
    public int RingSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Most bytes of an execution's arguments that are sent; what is longer is cut and marked.</summary>
    public int ArgumentLimit { get; init; } = 128 * 1024;

    /// <summary>Most bytes of an execution's environment that are sent; 0 for none.</summary>
    public int EnvironmentLimit { get; init; }

    /// <summary>Limits of what is remembered about processes.</summary>
    public Processes.ProcessTreeOptions Processes { get; init; } = new();

    /// <summary>
    /// Directory in a BPF file system where the engine is pinned, so that it works on when this process is killed, and the next agent takes over;
    /// null to end with this process.
    /// </summary>
    public string? PinDirectory { get; init; }

    /// <summary>Whether what is pinned stays in force also after an orderly end.</summary>
    public bool KeepsInForce { get; init; }

    /// <summary>Whether a policy is loaded without the hooks that this kernel cannot give, instead of not at all.</summary>
    public bool BestEffort { get; init; }

    /// <summary>Where containers are told apart; null to find it.</summary>
    public Containers.CgroupHierarchy? Hierarchy { get; init; }

    /// <summary>Who is asked for what the runtimes' files do not tell; null for nobody.</summary>
    public Containers.IContainerRuntime? ContainerRuntime { get; init; }
}
