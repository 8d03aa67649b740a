using Skep.Engine.Processes;

namespace Skep.Tetragon.Export;

/// <summary>
/// The JSON of a process, made once and copied into each of its events. Reference count and thread differ by event and lie between the parts.
/// </summary>
sealed class ProcessFragment(byte[] json, int beforeReferences, int beforeThread, int version)
{
    public ReadOnlySpan<byte> Identity => json.AsSpan(0, beforeReferences);

    public ReadOnlySpan<byte> Rights => json.AsSpan(beforeReferences, beforeThread - beforeReferences);

    public ReadOnlySpan<byte> Rest => json.AsSpan(beforeThread);

    public bool IsCurrent(ProcessInfo process) => version == process.Version;
}
