using Skep.Engine.Processes;

namespace Skep.Engine.Recording;

/// <summary>Takes secrets out of what is recorded of a process. Called on the engine's thread, once for each process in a segment.</summary>
public interface IProcessRedactor
{
    /// <summary>Its arguments without secrets, each ended by a NUL.</summary>
    ReadOnlyMemory<byte> Arguments(ProcessInfo process);

    /// <summary>Its environment without secrets, each variable ended by a NUL.</summary>
    ReadOnlyMemory<byte> Environment(ProcessInfo process);
}
