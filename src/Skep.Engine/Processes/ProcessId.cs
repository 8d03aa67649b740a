namespace Skep.Engine.Processes;

/// <summary>What a process is known by, also after its pid was given to another one: taken in the kernel when it came to be.</summary>
/// <param name="Pid">Pid in the initial namespace (the kernel's tgid).</param>
/// <param name="Start">Time of its last execution, or of its fork if it has executed nothing yet: nanoseconds since boot.</param>
public readonly record struct ProcessId(uint Pid, ulong Start);
