using Skep.Bpf;

namespace Skep.Engine.Runtime;

/// <summary>What the programs at a hook cost. The kernel measures time only while <see cref="RuntimeStatistics"/> is enabled.</summary>
/// <param name="Hook">The hook, or the name of a program of the process sensor.</param>
/// <param name="Runs">Measured runs.</param>
/// <param name="RunTime">Time that they took.</param>
/// <param name="Missed">Runs that did not take place because the program was running on that CPU already.</param>
public sealed record ProgramCost(string Hook, long Runs, TimeSpan RunTime, long Missed)
{
    internal static ProgramCost Of(string hook, ProgramInfo info) => new(hook, (long)info.RunCount, info.RunTime, (long)info.RecursionMisses);
}
