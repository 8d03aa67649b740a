namespace Skep.Engine.Compilation;

/// <summary>What policies choose, so that the rest does not leave the kernel: <c>enum event_filter</c> of <c>bpf/engine.h</c>.</summary>
[Flags]
enum EventFilters : uint
{
    /// <summary>Every execution and exit is an event.</summary>
    None = 0,

    /// <summary>Executions are events where a rule posts them.</summary>
    Executions = 1 << 0,

    /// <summary>Exits likewise.</summary>
    Exits = 1 << 1,
}
