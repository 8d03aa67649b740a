using Skep.Bpf;
using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Symbols;

/// <summary>
/// Names of functions on stacks: the kernel's from kallsyms, those of processes from the symbol tables of the files in their memory, found
/// through the process's own root so that containers' files are theirs. Read when first asked for; a bounded number is kept.
/// </summary>
public sealed class StackSymbols : IStackSymbols
{
    const int MaxFiles = 256, MaxMaps = 1024;

    readonly Lazy<SymbolTable> _kernel = new(() => KernelSymbolTable.Read());
    readonly Dictionary<string, FileSymbols> _files = new(StringComparer.Ordinal);
    readonly Dictionary<ProcessId, MemoryMap?> _maps = [];

    /// <inheritdoc/>
    public bool TryResolve(ulong address, ProcessInfo? process, out StackSymbol symbol)
    {
        symbol = default;
        if (process is null)
        {
            if (!_kernel.Value.TryFind(address, out var function, out var module, out var distance)) return false;
            symbol = new StackSymbol(function, module, distance);
            return true;
        }
        if (!TryFindRegion(process, address, out var region)) return false;
        var file = SymbolsOf(process, region);
        var place = address - region.Start + region.FileOffset;
        symbol = (file.TryFind(place, out var name, out var offset) ? new StackSymbol(name, region.Path, offset) : new StackSymbol("", region.Path, place)) with { BuildId = file.BuildId };
        return true;
    }

    bool TryFindRegion(ProcessInfo process, ulong address, out MemoryMap.Region region)
    {
        if (_maps.TryGetValue(process.Id, out var map) && map is not null && map.TryFind(address, out region)) return true;
        // Unknown, or mapped since.
        if (_maps.Count >= MaxMaps) _maps.Clear();
        map = _maps[process.Id] = MemoryMap.Read(process);
        region = default;
        return map is not null && map.TryFind(address, out region);
    }

    FileSymbols SymbolsOf(ProcessInfo process, in MemoryMap.Region region)
    {
        if (_files.TryGetValue(region.File, out var known)) return known;
        if (_files.Count >= MaxFiles) _files.Clear();
        return _files[region.File] = FileSymbols.Read($"/proc/{process.Id.Pid}/root{region.Path}");
    }

    /// <summary>A file's functions by virtual address, and its segments.</summary>
    sealed class FileSymbols
    {
        readonly SymbolTable _table;
        readonly Func<ulong, ulong?> _addressOf;

        FileSymbols(SymbolTable table, Func<ulong, ulong?> addressOf, string buildId) => (_table, _addressOf, BuildId) = (table, addressOf, buildId);

        public string BuildId { get; }

        /// <summary>Reads a file; one that is unreadable, or no ELF file, has no symbols.</summary>
        public static FileSymbols Read(string path)
        {
            try
            {
                using var file = ExecutableFile.Open(path);
                var table = new SymbolTable(file.Functions().Select(f => (f.Address, f.Size, f.Name, "")));
                // Loads the segments while the file is open.
                file.Address(0);
                return new FileSymbols(table, file.Address, file.BuildId);
            }
            catch (BpfException)
            {
                return new FileSymbols(new SymbolTable([]), _ => null, "");
            }
        }

        public bool TryFind(ulong fileOffset, out string name, out ulong offset)
        {
            if (_addressOf(fileOffset) is { } address && _table.TryFind(address, out name, out _, out offset)) return true;
            (name, offset) = ("", 0);
            return false;
        }
    }
}
