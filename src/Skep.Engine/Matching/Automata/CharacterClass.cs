namespace Skep.Engine.Matching.Automata;

/// <summary>Named sets of ASCII characters, as POSIX has them in the C locale.</summary>
static class CharacterClass
{
    public static readonly ByteSet Digit = ByteSet.Range('0', '9');
    public static readonly ByteSet Space = ByteSet.Of((byte)' ') | ByteSet.Range('\t', '\n') | ByteSet.Range('\f', '\r');
    public static readonly ByteSet Word = Digit | ByteSet.Range('A', 'Z') | ByteSet.Range('a', 'z') | ByteSet.Of((byte)'_');
    public static readonly ByteSet Ascii = ByteSet.Range(0, 127);

    public static bool TryFind(ReadOnlySpan<byte> name, out ByteSet set)
    {
        var upper = ByteSet.Range('A', 'Z');
        var lower = ByteSet.Range('a', 'z');
        var graph = ByteSet.Range(0x21, 0x7e);
        ByteSet? found = System.Text.Encoding.ASCII.GetString(name) switch
        {
            "alnum" => Digit | upper | lower,
            "alpha" => upper | lower,
            "ascii" => Ascii,
            "blank" => ByteSet.Of((byte)' ').With((byte)'\t'),
            "cntrl" => ByteSet.Range(0, 31).With(127),
            "digit" => Digit,
            "graph" => graph,
            "lower" => lower,
            "print" => graph.With((byte)' '),
            "punct" => graph & ~(Digit | upper | lower),
            "space" => Space.With((byte)'\v'),
            "upper" => upper,
            "word" => Word,
            "xdigit" => Digit | ByteSet.Range('A', 'F') | ByteSet.Range('a', 'f'),
            _ => null,
        };
        set = found ?? default;
        return found is not null;
    }
}
