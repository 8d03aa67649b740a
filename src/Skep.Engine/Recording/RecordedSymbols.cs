using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Recording;

/// <summary>The functions of an event's stacks as they were named when it was recorded.</summary>
sealed class RecordedSymbols : IStackSymbols
{
    readonly Dictionary<(bool IsKernel, ulong Address), StackSymbol> _symbols = [];

    public void Clear() => _symbols.Clear();

    public void Add(bool isKernel, ulong address, StackSymbol symbol) => _symbols[(isKernel, address)] = symbol;

    public bool TryResolve(ulong address, ProcessInfo? process, out StackSymbol symbol) => _symbols.TryGetValue((process is null, address), out symbol);
}
