namespace Skep.Bpf;

/// <summary>Finds what a misspelt name was meant to be.</summary>
static class NearestName
{
    /// <summary>Up to three candidates in order of edit distance, as <c>", nearest: a, b"</c>; empty when none is near.</summary>
    public static string Suffix(string name, IEnumerable<string> candidates)
    {
        var limit = Math.Max(2, name.Length / 3);
        var near = candidates
            .Where(c => Math.Abs(c.Length - name.Length) <= limit || c.Contains(name, StringComparison.OrdinalIgnoreCase))
            .Distinct()
            .Select(c => (Name: c, Distance: c.Contains(name, StringComparison.OrdinalIgnoreCase) ? 1 : Distance(name, c)))
            .Where(c => c.Distance <= limit)
            .OrderBy(c => c.Distance).ThenBy(c => c.Name.Length).ThenBy(c => c.Name, StringComparer.Ordinal)
            .Take(3)
            .Select(c => c.Name)
            .ToList();
        return near.Count == 0 ? "" : $", nearest: {string.Join(", ", near)}";
    }

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    internal static int Distance(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (var j = 0; j < row.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var above = row[j];
                var change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
