using System.Globalization;

namespace Skep.Engine.Symbols;

/// <summary>Functions of the kernel and its modules, from <c>/proc/kallsyms</c>.</summary>
static class KernelSymbolTable
{
    /// <summary>Reads the table; it is empty when addresses are hidden from this process (kernel.kptr_restrict, no CAP_SYSLOG).</summary>
    public static SymbolTable Read(string path = "/proc/kallsyms") => new(Parse(File.ReadLines(path)));

    /// <summary>Lines are <c>address type name</c>, then for modules a tab and <c>[module]</c>.</summary>
    internal static IEnumerable<(ulong Address, ulong Size, string Name, string Module)> Parse(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || space + 3 >= line.Length || line[space + 1] is not ('t' or 'T' or 'w' or 'W')) continue;
            if (!ulong.TryParse(line.AsSpan(0, space), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) || address == 0) continue;
            var rest = line.AsSpan(space + 3);
            var tab = rest.IndexOf('\t');
            var module = tab < 0 ? "" : rest[(tab + 1)..].Trim().Trim("[]").ToString();
            yield return (address, 0, (tab < 0 ? rest : rest[..tab]).ToString(), string.Intern(module));
        }
    }
}
