using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>A process has mapped a file to run it or a part of it: its program, the loader, a library. It lives as long as the call.</summary>
public readonly ref struct FileMapping
{
    /// <summary>The process; null when it is not known.</summary>
    public ProcessInfo? Process { get; init; }

    /// <summary>Its pid.</summary>
    public uint Pid { get; init; }

    /// <summary>Its thread.</summary>
    public uint Tid { get; init; }

    /// <summary>When, nanoseconds since boot.</summary>
    public ulong Time { get; init; }

    /// <summary>The file, as the process knows it.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>The file's GNU build id; empty when it has none.</summary>
    public ReadOnlySpan<byte> BuildId { get; init; }
}
