using Skep.Engine.Processes;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Export;

/// <summary>An event on its way out: what it is about, and how it reads. It lives as long as the call that it is handed to.</summary>
public readonly ref struct ExportedEvent
{
    /// <summary>What happened.</summary>
    public required EventType Type { get; init; }

    /// <summary>The process; null when it is unknown, or when the event is about none.</summary>
    public ProcessInfo? Process { get; init; }

    /// <summary>Its pid, also of an unknown process; 0 when the event is about none.</summary>
    public uint Pid { get; init; }

    /// <summary>The policy whose rule matched; empty for executions, exits and what the agent itself tells.</summary>
    public string PolicyName { get; init; }

    /// <summary>Its export JSON, with the newline at the end.</summary>
    public required ReadOnlySpan<byte> Line { get; init; }
}
