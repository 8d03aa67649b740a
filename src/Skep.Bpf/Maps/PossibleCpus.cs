using System.Globalization;

namespace Skep.Bpf;

/// <summary>
/// The CPUs that this kernel could ever bring up: a per-CPU value holds one slot for each, in ascending order, whether it is online or not
/// (kernel/bpf/hashtab.c: bpf_percpu_hash_copy).
/// </summary>
public static class PossibleCpus
{
    static int[]? s_ids;

    /// <summary>The number of slots in a per-CPU value.</summary>
    public static int Count => Ids.Count;

    /// <summary>CPU numbers in the order of the slots.</summary>
    public static IReadOnlyList<int> Ids => s_ids ??= ReadList("/sys/devices/system/cpu/possible");

    /// <summary>The CPUs that are online now.</summary>
    public static IReadOnlyList<int> ReadOnline() => ReadList("/sys/devices/system/cpu/online");

    static int[] ReadList(string path) => [.. Parse(File.ReadAllText(path), path)];

    /// <summary>Parses the kernel's list format, for example <c>0-3,8</c>.</summary>
    internal static List<int> Parse(string text, string source)
    {
        var cpus = new List<int>();
        foreach (var range in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var first = dash < 0 ? range : range[..dash];
            var last = dash < 0 ? range : range[(dash + 1)..];
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from) ||
                !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to) || to < from || to > 1 << 16)
            {
                throw new BpfFormatException($"{source}: '{range}' is not a range of CPUs");
            }
            for (var cpu = from; cpu <= to; cpu++) cpus.Add(cpu);
        }
        return cpus;
    }
}
