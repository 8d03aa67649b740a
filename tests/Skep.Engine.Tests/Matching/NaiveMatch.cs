using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Skep.Engine.Matching;

namespace Skep.Engine.Tests.Matching;

/// <summary>Patterns decided by others' code: .NET's regular expressions, the C library's fnmatch.</summary>
static partial class NaiveMatch
{
    static readonly Dictionary<string, Regex> s_expressions = [];

    public static bool Matches(TextPattern pattern, ReadOnlySpan<byte> text) => pattern.Operator switch
    {
        TextOperator.Equal => text.SequenceEqual(pattern.Text),
        TextOperator.Prefix => text.StartsWith(pattern.Text),
        TextOperator.Suffix => text.EndsWith(pattern.Text),
        TextOperator.Contains => text.IndexOf(pattern.Text) >= 0,
        TextOperator.ContainsIgnoringCase => CultureInfo.InvariantCulture.TextInfo.ToLower(Encoding.ASCII.GetString(text)).Contains(Encoding.ASCII.GetString(pattern.Text).ToLowerInvariant(), StringComparison.Ordinal),
        TextOperator.Glob => Glob(pattern.Text, text),
        _ => Expression(Encoding.Latin1.GetString(pattern.Text)).IsMatch(Encoding.Latin1.GetString(text)),
    };

    public static bool Glob(ReadOnlySpan<byte> glob, ReadOnlySpan<byte> text) => FnMatch(Terminated(glob), Terminated(text), 0) == 0;

    // RE2's $ is the text's end alone, and its \d and \w are ASCII.
    static Regex Expression(string text)
    {
        if (s_expressions.TryGetValue(text, out var found)) return found;
        var expression = new Regex(text.Replace("$", "\\z", StringComparison.Ordinal), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        s_expressions.Add(text, expression);
        return expression;
    }

    static byte[] Terminated(ReadOnlySpan<byte> text) => [.. text, 0];

    [LibraryImport("libc", EntryPoint = "fnmatch")]
    private static partial int FnMatch(byte[] pattern, byte[] text, int flags);
}
