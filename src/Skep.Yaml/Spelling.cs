namespace Skep.Yaml;

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

    // Levenshtein's, with neighbours that changed places as one mistake and case as none.
    static int Distance(string from, string to)
    {
        var (older, old, row) = (new int[to.Length + 1], new int[to.Length + 1], new int[to.Length + 1]);
        for (var j = 0; j < row.Length; j++) row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            (older, old, row) = (old, row, older);
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                row[j] = Math.Min(old[j - 1] + (Same(from[i - 1], to[j - 1]) ? 0 : 1), Math.Min(old[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1])) row[j] = Math.Min(row[j], older[j - 2] + 1);
            }
        }
        return row[^1];

        static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
    }
}
