using System.Runtime.InteropServices;

namespace Skep.Engine.Trials;

/// <summary>Counts by name, of a bounded number of names: the rest is one.</summary>
public sealed class Tally
{
    const int MostNames = 10_000;

    readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>What was counted beyond the names that there is room for.</summary>
    public long Others { get; private set; }

    /// <summary>The most frequent ones.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Top(int count) => [.. _counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(count)];

    internal void Add(string name)
    {
        if (_counts.Count >= MostNames && !_counts.ContainsKey(name)) Others++;
        else CollectionsMarshal.GetValueRefOrAddDefault(_counts, name, out _)++;
    }
}
