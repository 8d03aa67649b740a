namespace Skep.Engine.Symbols;

/// <summary>Functions by address: names in one block of memory, found by binary search.</summary>
sealed class SymbolTable
{
    readonly ulong[] _addresses;
    readonly ulong[] _ends;
    readonly string[] _names;
    readonly string[] _modules;

    /// <summary>Builds a table; of several names at one address the first one stays.</summary>
    /// <param name="symbols">Address, size (0 when unknown: up to the next symbol), name, module.</param>
    public SymbolTable(IEnumerable<(ulong Address, ulong Size, string Name, string Module)> symbols)
    {
        var sorted = symbols.OrderBy(s => s.Address).ToArray();
        var distinct = new List<(ulong Address, ulong Size, string Name, string Module)>(sorted.Length);
        foreach (var symbol in sorted)
        {
            if (distinct.Count == 0 || distinct[^1].Address != symbol.Address) distinct.Add(symbol);
        }
        _addresses = new ulong[distinct.Count];
        _ends = new ulong[distinct.Count];
        _names = new string[distinct.Count];
        _modules = new string[distinct.Count];
        for (var i = 0; i < distinct.Count; i++)
        {
            var (address, size, name, module) = distinct[i];
            var next = i + 1 < distinct.Count ? distinct[i + 1].Address : ulong.MaxValue;
            (_addresses[i], _ends[i], _names[i], _modules[i]) = (address, size == 0 ? next : address + size, name, module);
        }
    }

    public int Count => _addresses.Length;

    /// <summary>The function that an address lies in.</summary>
    public bool TryFind(ulong address, out string name, out string module, out ulong offset)
    {
        var index = Array.BinarySearch(_addresses, address);
        if (index < 0) index = ~index - 1;
        if (index >= 0 && address < _ends[index])
        {
            (name, module, offset) = (_names[index], _modules[index], address - _addresses[index]);
            return true;
        }
        (name, module, offset) = ("", "", 0);
        return false;
    }
}
