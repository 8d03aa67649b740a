namespace Skep.Bpf;

/// <summary>A place in a file, resolved from a function's name.</summary>
/// <param name="Path">The file.</param>
/// <param name="Symbol">The function, or null when a bare offset was given.</param>
/// <param name="FileOffset">Where the probe goes in the file.</param>
/// <param name="Placement">Why it goes there; null when the place was given.</param>
sealed record UprobeTarget(string Path, string? Symbol, ulong FileOffset, UprobePlacement? Placement)
{
    const int MaxFunctionBytes = 64 * 1024;

    /// <summary>Finds a function, and the best instruction for a probe at its entry.</summary>
    /// <exception cref="BpfException">There is no such function; the message names those that are spelt alike.</exception>
    public static UprobeTarget Resolve(string binary, string symbol, UprobeOptions options)
    {
        var path = ExecutablePath.Resolve(binary, options.ProcessId);
        using var file = ExecutableFile.Open(path);
        return Resolve(file, symbol, options.Offset, options.IsReturn ? UprobePlacementMode.Entry : options.Placement);
    }

    public static UprobeTarget Resolve(ExecutableFile file, string symbol, ulong offset, UprobePlacementMode mode)
    {
        if (file.FindFunction(symbol) is not { } function)
        {
            throw new BpfException($"uprobe: symbol {symbol} not found in {file.Path}{NearestName.Suffix(symbol, file.Functions().Select(f => f.Name))}");
        }
        if (function.IsIndirect)
        {
            throw new BpfException(
                $"uprobe: {symbol} in {file.Path} is an indirect function: its symbol names the resolver, which runs once; probe the variant that it chose"
                + NearestName.Suffix(symbol + "_", file.Functions().Where(f => !f.IsIndirect).Select(f => f.Name)));
        }
        if (file.FileOffset(function.Address) is not { } start) throw new BpfFormatException($"{file.Path}: symbol {symbol} is in no loaded segment");
        UprobePlacement? placement = null;
        if (offset == 0 && file.IsX64 && mode != UprobePlacementMode.Entry)
        {
            // Of a function too long to be read whole some jump back to its start could be missed.
            var known = function.Size <= MaxFunctionBytes ? (int)function.Size : 0;
            placement = UprobePlacement.Choose(file.ReadCode(start, known), function.Address, mode, file.IsGo);
            offset = (ulong)placement.Offset;
        }
        return new UprobeTarget(file.Path, symbol, start + offset, placement);
    }

    public override string ToString() => Symbol is null
        ? $"{Path}:0x{FileOffset:x}"
        : $"{Path}:{Symbol}{(Placement is { Offset: > 0 } p ? $"+0x{p.Offset:x}" : "")}";
}
