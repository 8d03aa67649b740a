namespace Skep.Falco.Conditions;

/// <summary>The operators' words, in the order in which the parser tries them: a word comes before those that it starts with.</summary>
static class FalcoOperators
{
    public static readonly (string Word, FalcoOperator Operator)[] OfNumbers =
    [
        ("<=", FalcoOperator.LessOrEqual), ("<", FalcoOperator.Less), (">=", FalcoOperator.GreaterOrEqual), (">", FalcoOperator.Greater),
    ];

    /// <summary>A word must be followed by a blank; that is how <c>contains</c> differs from a text that begins so.</summary>
    public static readonly (string Word, FalcoOperator Operator)[] OfTexts =
    [
        ("==", FalcoOperator.Equal), ("=", FalcoOperator.Equal), ("!=", FalcoOperator.NotEqual),
        ("glob ", FalcoOperator.Glob), ("iglob ", FalcoOperator.GlobIgnoringCase), ("contains ", FalcoOperator.Contains), ("icontains ", FalcoOperator.ContainsIgnoringCase),
        ("bcontains ", FalcoOperator.ContainsBytes), ("startswith ", FalcoOperator.StartsWith), ("bstartswith ", FalcoOperator.StartsWithBytes),
        ("endswith ", FalcoOperator.EndsWith), ("regex ", FalcoOperator.Regex),
    ];

    public static readonly (string Word, FalcoOperator Operator)[] OfLists =
    [
        ("intersects", FalcoOperator.Intersects), ("in", FalcoOperator.In), ("pmatch", FalcoOperator.PathMatch),
    ];

    public static readonly (string Word, FalcoModifier Modifier)[] Modifiers =
    [
        ("oneof ", FalcoModifier.OneOf), ("anyof ", FalcoModifier.AnyOf), ("allof ", FalcoModifier.AllOf),
    ];

    static readonly string[] s_all = ["exists", .. OfNumbers.Concat(OfTexts).Concat(OfLists).Select(o => o.Word.TrimEnd())];

    public static string Names { get; } = string.Join(", ", s_all.Select(w => $"'{w}'"));

    public static bool IsList(FalcoOperator comparison) => comparison is FalcoOperator.In or FalcoOperator.Intersects or FalcoOperator.PathMatch;

    /// <summary>Reads an operator with the modifier that may follow it, as exceptions name them.</summary>
    public static bool TryParse(string text, out FalcoOperator comparison, out FalcoModifier modifier)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        modifier = FalcoModifier.None;
        comparison = FalcoOperator.Exists;
        if (words.Length is 0 or > 2) return false;
        var ofText = OfTexts.FirstOrDefault(o => o.Word.TrimEnd() == words[0]);
        if (words.Length == 2)
        {
            modifier = Modifiers.FirstOrDefault(m => m.Word.TrimEnd() == words[1]).Modifier;
            comparison = ofText.Operator;
            return ofText.Word is not null && modifier != FalcoModifier.None;
        }
        if (words[0] == "exists") return true;
        var found = OfNumbers.Concat(OfTexts).Concat(OfLists).FirstOrDefault(o => o.Word.TrimEnd() == words[0]);
        comparison = found.Operator;
        return found.Word is not null;
    }
}
