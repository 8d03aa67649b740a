using System.Text;
using System.Text.RegularExpressions;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Replaces secrets in arguments and environment before anything is printed: what the capture groups of its expressions hold becomes
/// <c>*****</c>. A variable of the environment is looked at as
/// <c>NAME=value</c>. Of a group that is repeated within a match the last turn counts, as in RE2. It may be used by several threads.
/// </summary>
public sealed class Redactor
{
    const string Replacement = "*****";

    readonly (PatternList? Binaries, Regex[] Expressions)[] _filters;

    Redactor(IReadOnlyList<RedactionFilter> filters) =>
        (Filters, _filters) = (filters, [.. filters.Select((filter, i) => Compile(filter, $"redaction_filters[{i}]"))]);

    /// <summary>What it was made of.</summary>
    public IReadOnlyList<RedactionFilter> Filters { get; }

    /// <summary>Prepares the filters.</summary>
    /// <exception cref="FilterException">An expression is wrong, or would replace nothing as it has no group.</exception>
    public static Redactor Compile(IEnumerable<RedactionFilter> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        return new Redactor([.. filters]);
    }

    static (PatternList?, Regex[]) Compile(RedactionFilter filter, string member)
    {
#pragma warning disable CS0612 // told, not ignored
        if (filter.Match.Count > 0) throw new FilterException($"{member}.match: no longer supported; binary_regex says whose arguments are meant");
#pragma warning restore CS0612
        if (filter.Redact.Count == 0) throw new FilterException($"{member}.redact: an expression is needed");
        var expressions = PatternList.Compile(filter.Redact, $"{member}.redact").Patterns.ToArray();
        for (var i = 0; i < expressions.Length; i++)
        {
            if (expressions[i].GetGroupNumbers().Length == 1)
                throw new FilterException($"{member}.redact[{i}]: \"{filter.Redact[i]}\" has no group in parentheses, so that it would replace nothing");
        }
        return (filter.BinaryRegex.Count == 0 ? null : PatternList.Compile(filter.BinaryRegex, $"{member}.binary_regex"), expressions);
    }

    /// <summary>Replaces what is secret in a text of a program.</summary>
    /// <param name="binary">Path of the program.</param>
    /// <param name="text">Arguments as they are printed, or a variable.</param>
    /// <returns>The new text; null when nothing was replaced.</returns>
    public string? Redact(ReadOnlySpan<char> binary, ReadOnlySpan<char> text)
    {
        string? redacted = null;
        foreach (var (binaries, expressions) in _filters)
        {
            if (binaries is not null && !binaries.MatchesAny(binary)) continue;
            foreach (var expression in expressions)
            {
                if (!expression.IsMatch(redacted ?? text)) continue;
                redacted = Replace(expression, redacted ?? text.ToString());
            }
        }
        return redacted;
    }

    static string Replace(Regex expression, string text)
    {
        var parts = new List<(int Start, int End)>();
        for (var match = expression.Match(text); match.Success; match = match.NextMatch())
        {
            for (var group = 1; group < match.Groups.Count; group++)
            {
                if (match.Groups[group] is { Length: > 0 } secret) parts.Add((secret.Index, secret.Index + secret.Length));
            }
        }
        var result = new StringBuilder();
        var at = 0;
        foreach (var (start, end) in parts.Order())
        {
            if (end <= at) continue; // inside of another group
            if (start >= at) result.Append(text, at, start - at).Append(Replacement);
            at = end;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }
}
