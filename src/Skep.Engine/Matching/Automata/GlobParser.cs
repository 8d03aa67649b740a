namespace Skep.Engine.Matching.Automata;

/// <summary>
/// Shell wildcards as fnmatch(3) without flags reads them in the C locale: <c>*</c>, <c>?</c>, <c>[set]</c>, <c>[!set]</c> (or <c>[^set]</c>) and
/// <c>\</c> before a character that stands for itself. A bracket that is never closed stands for itself; a lone backslash at the end matches nothing.
/// </summary>
static class GlobParser
{
    static readonly PatternNode s_anything = new PatternNode.Repeat(new PatternNode.Set(ByteSet.All), 0, -1);

    public static PatternNode Parse(ReadOnlySpan<byte> glob)
    {
        var parts = new List<PatternNode> { new PatternNode.TextStart() };
        for (var i = 0; i < glob.Length;)
        {
            var c = glob[i++];
            switch (c)
            {
                case (byte)'*':
                    if (!ReferenceEquals(parts[^1], s_anything)) parts.Add(s_anything);
                    break;
                case (byte)'?':
                    parts.Add(new PatternNode.Set(ByteSet.All));
                    break;
                case (byte)'[' when TryParseSet(glob, i, out var set, out var end):
                    parts.Add(new PatternNode.Set(set));
                    i = end;
                    break;
                case (byte)'\\':
                    parts.Add(new PatternNode.Set(i < glob.Length ? ByteSet.Of(glob[i++]) : default));
                    break;
                default:
                    parts.Add(new PatternNode.Set(ByteSet.Of(c)));
                    break;
            }
        }
        // What follows the last star does not matter to a text that has matched: without the end it is decided early.
        if (ReferenceEquals(parts[^1], s_anything)) parts.RemoveAt(parts.Count - 1);
        else parts.Add(new PatternNode.TextEnd());
        return new PatternNode.Sequence(parts);
    }

    /// <summary>A glob that is one of the simpler operators, which have faster tables.</summary>
    public static TextPattern Simplified(TextPattern pattern)
    {
        var glob = pattern.Text.AsSpan();
        var open = glob.Length > 0 && glob[0] == '*';
        var body = glob.TrimStart((byte)'*');
        var trimmed = body.TrimEnd((byte)'*');
        if (trimmed.ContainsAny("*?[\\"u8)) return pattern;
        var close = trimmed.Length < body.Length || (body.IsEmpty && open);
        return new TextPattern((open, close) switch
        {
            (false, false) => TextOperator.Equal,
            (false, true) => TextOperator.Prefix,
            (true, false) => TextOperator.Suffix,
            (true, true) => TextOperator.Contains,
        }, trimmed.ToArray());
    }

    static bool TryParseSet(ReadOnlySpan<byte> glob, int at, out ByteSet set, out int end)
    {
        set = default;
        end = 0;
        var negated = at < glob.Length && glob[at] is (byte)'!' or (byte)'^';
        if (negated) at++;
        for (var first = true; at < glob.Length; first = false)
        {
            if (glob[at] == ']' && !first)
            {
                if (negated) set = ~set;
                end = at + 1;
                return true;
            }
            if (glob[at] == '[' && at + 1 < glob.Length && glob[at + 1] == ':' && glob[(at + 2)..].IndexOf(":]"u8) is var length and >= 0
                && CharacterClass.TryFind(glob.Slice(at + 2, length), out var named))
            {
                set |= named;
                at += length + 4;
                continue;
            }
            if (!TryTake(glob, ref at, out var low)) return false;
            var high = low;
            if (at + 1 < glob.Length && glob[at] == '-' && glob[at + 1] != ']')
            {
                at++;
                if (!TryTake(glob, ref at, out high)) return false;
            }
            if (low <= high) set |= ByteSet.Range(low, high);
        }
        return false;
    }

    static bool TryTake(ReadOnlySpan<byte> glob, ref int at, out byte value)
    {
        value = 0;
        if (glob[at] == '\\') at++;
        if (at >= glob.Length) return false;
        value = glob[at++];
        return true;
    }
}
