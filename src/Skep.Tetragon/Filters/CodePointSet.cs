using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Skep.Tetragon.Filters;

/// <summary>
/// A set of Unicode's code points, written as an expression over UTF-16: RE2 counts code points where .NET counts halves of them, so what lies
/// beyond U+FFFF is spelled as pairs.
/// </summary>
sealed class CodePointSet
{
    const int Last = 0x10ffff, FirstPair = 0x10000, FirstSurrogate = 0xd800, LastSurrogate = 0xdfff;

    static readonly Dictionary<string, CodePointSet> s_categories = [];

    readonly List<(int First, int Last)> _ranges = [];

    public bool IsEmpty => _ranges.Count == 0;

    public void Add(int first, int last) => _ranges.Add((first, last));

    public void Add(CodePointSet other) => _ranges.AddRange(other._ranges);

    public CodePointSet Complement()
    {
        var result = new CodePointSet();
        var next = 0;
        foreach (var (first, last) in Merged())
        {
            if (first > next) result.Add(next, first - 1);
            next = last + 1;
        }
        if (next <= Last) result.Add(next, Last);
        return result;
    }

    /// <summary>Categories of Unicode by their one or two letters; null for another name.</summary>
    public static CodePointSet? Category(string name)
    {
        lock (s_categories)
        {
            if (s_categories.Count == 0) FillCategories();
            return s_categories.GetValueOrDefault(name);
        }
    }

    public void AppendTo(StringBuilder text, bool ignoresCase)
    {
        var basic = new StringBuilder();
        var pairs = new StringBuilder();
        foreach (var (first, last) in Merged())
        {
            AppendBasic(basic, first, Math.Min(last, FirstSurrogate - 1));
            AppendBasic(basic, Math.Max(first, LastSurrogate + 1), Math.Min(last, FirstPair - 1));
            if (last >= FirstPair) AppendPairs(pairs, Math.Max(first, FirstPair), last);
        }
        if (basic.Length == 0 && pairs.Length == 0)
        {
            text.Append("[^\\u0000-\\uffff]"); // what no text has
            return;
        }
        text.Append(ignoresCase ? "(?i:" : "(?:");
        if (basic.Length > 0) text.Append('[').Append(basic).Append(']');
        if (basic.Length > 0 && pairs.Length > 0) text.Append('|');
        text.Append(pairs).Append(')');
    }

    /// <summary>Both cases of each of its characters: what a negated class has to leave out.</summary>
    public CodePointSet IgnoringCase()
    {
        var merged = Merged();
        var result = new CodePointSet();
        var own = new StringBuilder();
        AppendTo(own, ignoresCase: true);
        var either = new Regex($"^{own}$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        foreach (var (first, last) in merged) result.Add(first, last);
        Span<char> one = stackalloc char[1];
        for (var c = 0; c < FirstPair; c++)
        {
            if (c is >= FirstSurrogate and <= LastSurrogate || !char.IsLetter((char)c)) continue;
            one[0] = (char)c;
            if (either.IsMatch(one)) result.Add(c, c);
        }
        return result;
    }

    List<(int First, int Last)> Merged()
    {
        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in _ranges.Order())
        {
            if (first > last) continue;
            if (merged.Count > 0 && first <= merged[^1].Last + 1) merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            else merged.Add((first, last));
        }
        return merged;
    }

    static void AppendBasic(StringBuilder text, int first, int last)
    {
        if (first <= last) text.Append(CultureInfo.InvariantCulture, $"\\u{first:x4}-\\u{last:x4}");
    }

    static void AppendPairs(StringBuilder text, int first, int last)
    {
        while (first <= last)
        {
            var (high, low) = ((first - FirstPair) >> 10, (first - FirstPair) & 0x3ff);
            var lastHigh = (last - FirstPair) >> 10;
            // Whole rows of 1024 go together.
            var rows = low == 0 && lastHigh > high ? lastHigh - high - (((last - FirstPair) & 0x3ff) == 0x3ff ? 0 : 1) : 0;
            var end = Math.Min(last, FirstPair + ((high + rows) << 10) + 0x3ff);
            if (text.Length > 0) text.Append('|');
            text.Append(CultureInfo.InvariantCulture, $"[\\u{0xd800 + high:x4}-\\u{0xd800 + high + rows:x4}]");
            text.Append(CultureInfo.InvariantCulture, $"[\\u{0xdc00 + low:x4}-\\u{0xdc00 + ((end - FirstPair) & 0x3ff):x4}]");
            first = end + 1;
        }
    }

    static void FillCategories()
    {
        // In the order of UnicodeCategory.
        var names = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn".Split(' ');
        foreach (var name in names)
        {
            s_categories[name] = new CodePointSet();
            s_categories[name[..1]] = new CodePointSet();
        }
        for (int start = 0, next = 1; start <= Last; start = next++)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(start);
            while (next <= Last && CharUnicodeInfo.GetUnicodeCategory(next) == category) next++;
            var name = names[(int)category];
            s_categories[name].Add(start, next - 1);
            s_categories[name[..1]].Add(start, next - 1);
        }
    }
}
