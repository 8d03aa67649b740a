using System.Text;
using Skep.Bpf;

namespace Skep.Engine.Symbols;

/// <summary>Functions of the kernel and its modules by address.</summary>
static class KernelSymbolTable
{
    /// <summary>Reads the table; it is empty when addresses are hidden from this process (kernel.kptr_restrict, no CAP_SYSLOG).</summary>
    public static SymbolTable Read()
    {
        var functions = new List<(ulong Address, ulong Size, string Name, string Module)>();
        KernelSymbols.Read((in KernelSymbol symbol) =>
        {
            if (symbol.IsFunction && symbol.Address is > 0 and var address) functions.Add((address, 0, symbol.Text, string.Intern(Encoding.UTF8.GetString(symbol.Module))));
        });
        return new SymbolTable(functions);
    }
}
