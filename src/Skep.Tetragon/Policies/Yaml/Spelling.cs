namespace Skep.Tetragon.Policies.Yaml;

/// <summary>Guesses what a misspelt word was meant to be.</summary>
static class Spelling
{
    /// <summary>Longer words are not names that anybody mistyped, and comparing them costs the product of the lengths.</summary>
    const int LongestWord = 64;

    /// <summary><c>, did you mean "word"?</c>, or nothing when no candidate is near.</summary>
    public static string Hint(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestWord) return "";
        var best = "";
        var least = Math.Max(1, word.Length / 3) + 1;
        foreach (var candidate in candidates)
        {
            if (Math.Abs(candidate.Length - word.Length) >= least) continue;
            var distance = Distance(word, candidate);
            if (distance >= least) continue;
            least = distance;
            best = candidate;
        }
        return best.Length == 0 ? "" : $", did you mean \"{best}\"?";
    }

    /// <summary>Quoted for a message, cut where it is long.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length > 80 ? string.Concat(text.AsSpan(0, 77), "...") : text;
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}\"";
    }

    // Case is the commonest mistake and costs nothing.
    static int Distance(string from, string to)
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
                var change = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[^1];
    }
}
