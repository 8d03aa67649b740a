using Skep.Engine.Processes;

namespace Skep.Engine.Records;

/// <summary>Names the functions of stacks.</summary>
public interface IStackSymbols
{
    /// <summary>Finds the function at an address; false when it is not known.</summary>
    /// <param name="address">The address.</param>
    /// <param name="process">Whose memory; null for the kernel's.</param>
    /// <param name="symbol">The function.</param>
    bool TryResolve(ulong address, ProcessInfo? process, out StackSymbol symbol);
}
