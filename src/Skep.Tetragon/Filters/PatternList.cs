using System.Text.RegularExpressions;

namespace Skep.Tetragon.Filters;

/// <summary>Expressions of which any is enough.</summary>
sealed class PatternList
{
    readonly Regex[] _patterns;

    PatternList(Regex[] patterns) => _patterns = patterns;

    /// <exception cref="FilterException">One is wrong; <paramref name="member"/> is where it came from.</exception>
    public static PatternList Compile(IReadOnlyList<string> expressions, string member)
    {
        var patterns = new Regex[expressions.Count];
        for (var i = 0; i < patterns.Length; i++)
        {
            try
            {
                patterns[i] = Re2.Compile(expressions[i]);
            }
            catch (FilterException error)
            {
                throw new FilterException($"{member}[{i}]: {error.Message}", error);
            }
        }
        return new PatternList(patterns);
    }

    public ReadOnlySpan<Regex> Patterns => _patterns;

    public bool MatchesAny(ReadOnlySpan<char> text)
    {
        foreach (var pattern in _patterns)
        {
            if (pattern.IsMatch(text)) return true;
        }
        return false;
    }
}
