using System.Globalization;

namespace Skep.Cli.Bpf;

/// <summary>Which processes hold which objects, from the fdinfo of all descriptors that this user may see.</summary>
sealed class Holders
{
    readonly Dictionary<(string Key, uint Id), List<Holder>> _holders = [];

    /// <summary>Looks through /proc once; processes that end meanwhile are passed over.</summary>
    public static Holders Read()
    {
        var holders = new Holders();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) holders.AddProcess(directory, pid);
        }
        return holders;
    }

    /// <summary>Holders of an object; <paramref name="key"/> is the name that fdinfo gives the id: <c>prog_id</c>, <c>map_id</c>, <c>link_id</c>, <c>btf_id</c>.</summary>
    public IReadOnlyList<Holder> Of(string key, uint id) => _holders.TryGetValue((key, id), out var found) ? found : [];

    void AddProcess(string directory, int pid)
    {
        try
        {
            Holder? holder = null;
            foreach (var descriptor in Directory.EnumerateFiles($"{directory}/fd"))
            {
                var number = Path.GetFileName(descriptor);
                if (new FileInfo(descriptor).LinkTarget is not { } target || !target.StartsWith("anon_inode:", StringComparison.Ordinal) || !IsBpf(target)) continue;
                holder ??= new Holder(pid, File.ReadAllText($"{directory}/comm").Trim());
                TryAddDescriptor($"{directory}/fdinfo/{number}", holder, target);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The process is gone, or another user's.
        }
    }

    void TryAddDescriptor(string path, Holder holder, string target)
    {
        try
        {
            AddDescriptor(path, holder, target);
        }
        catch (IOException)
        {
            // Closed since it was listed.
        }
    }

    static bool IsBpf(string target) => target.Contains("bpf", StringComparison.Ordinal) || target.EndsWith("btf", StringComparison.Ordinal) || target.EndsWith("[btf]", StringComparison.Ordinal);

    void AddDescriptor(string path, Holder holder, string target)
    {
        var wanted = target switch
        {
            _ when target.Contains("link", StringComparison.Ordinal) => "link_id",
            _ when target.Contains("map", StringComparison.Ordinal) => "map_id",
            _ when target.Contains("btf", StringComparison.Ordinal) => "btf_id",
            _ => "prog_id",
        };
        foreach (var line in File.ReadLines(path))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !line.AsSpan(0, colon).SequenceEqual(wanted)) continue;
            if (!uint.TryParse(line.AsSpan(colon + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return;
            if (!_holders.TryGetValue((wanted, id), out var list)) _holders[(wanted, id)] = list = [];
            if (!list.Contains(holder)) list.Add(holder);
            return;
        }
    }
}
