using System.Globalization;

namespace Skep.Cli.Bpf;

/// <summary>Names of kernel functions by address, from /proc/kallsyms; read when first asked.</summary>
static class KernelAddresses
{
    /// <summary>Calls of helpers in a loaded program are relative to it (include/linux/filter.h: BPF_CALL_IMM).</summary>
    const string CallBase = "__bpf_call_base";

    static readonly Lazy<(Dictionary<ulong, string> Names, ulong CallBase)> s_symbols = new(Read);

    /// <summary>The function that a call with this immediate reaches; null when addresses are hidden.</summary>
    public static string? CalledBy(int immediate)
    {
        var (names, callBase) = s_symbols.Value;
        return callBase == 0 ? null : names.GetValueOrDefault(callBase + (ulong)immediate);
    }

    static (Dictionary<ulong, string>, ulong) Read()
    {
        var names = new Dictionary<ulong, string>();
        ulong callBase = 0;
        try
        {
            foreach (var line in File.ReadLines("/proc/kallsyms"))
            {
                // address, kind, name and for modules a tab and the module
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                if (space <= 0 || line.Length < space + 4 || line[space + 1] is not ('t' or 'T' or 'w' or 'W')) continue;
                if (!ulong.TryParse(line.AsSpan(0, space), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address) || address == 0) continue;
                var name = line[(space + 3)..].Split('\t')[0];
                if (name == CallBase) callBase = address;
                else names.TryAdd(address, name);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without names the numbers are shown.
        }
        return (names, callBase);
    }
}
