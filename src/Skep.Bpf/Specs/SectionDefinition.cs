namespace Skep.Bpf;

/// <summary>What a program's section name says about it.</summary>
public sealed record SectionDefinition
{
    /// <summary>The family, without target and '?': <c>tracepoint</c>, <c>cgroup/connect4</c>, <c>fentry.s</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Kind of program.</summary>
    public required ProgramType Type { get; init; }

    /// <summary>Where it expects to be attached.</summary>
    public AttachType AttachType { get; init; }

    /// <summary>Load flags: sleepable for <c>.s</c>, fragments for <c>.frags</c>.</summary>
    public ProgramFlags Flags { get; init; }

    /// <summary>Whether loading needs the BTF id of the attach target: tracing, LSM, freplace, iterators.</summary>
    public bool NeedsAttachBtf { get; init; }

    /// <summary>Whether the family takes a target after a slash.</summary>
    public bool TakesTarget { get; init; }

    /// <summary>What follows the family: tracepoint, symbol, path; empty when the section names none.</summary>
    public string Target { get; init; } = "";

    /// <summary>Whether the program is loaded with its object; false when the name starts with '?'.</summary>
    public bool AutoLoad { get; init; } = true;
}
