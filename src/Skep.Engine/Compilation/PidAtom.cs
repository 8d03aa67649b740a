namespace Skep.Engine.Compilation;

/// <summary>A pid that policies ask for together with its descendants.</summary>
/// <param name="Pid">The pid.</param>
/// <param name="InNamespace">Whether it is that in a pid namespace other than the initial one.</param>
readonly record struct PidAtom(uint Pid, bool InNamespace);
