using System.Globalization;

namespace Skep.Bpf;

/// <summary>Recognises the lines of a verifier log.</summary>
static class VerifierLogReader
{
    // Notes of precision tracking, state pruning and subprogram handling. They may follow the failing instruction, and never explain it.
    static readonly string[] s_traces =
    [
        "func#", "mark_precise:", "last_idx ", "regs=", "parent didn't have regs", "parent already had regs", "parent state", "propagating ", "from ",
        "caller:", "callee:", "to caller at", "returning from callee", "Validating ", "Func#", "Func ", "cur state:", "old state:", "frame 0", "frame0", "frame1", "frame2", "frame3",
        "stack=", "live ", "mark_", "process_iter", "widening", "hint:", "using subprog", "max stack depth",
    ];

    public static VerifierLogLine Classify(ReadOnlySpan<char> line)
    {
        line = line.TrimEnd();
        if (line.StartsWith("; ")) return new VerifierLogLine(VerifierLogLineKind.Source, -1, line[2..].ToString(), "");
        if (VerifierLog.TryReadIndex(line, out var index, out var digits) && line[digits..].StartsWith(": ")) return ReadNumbered(line[(digits + 2)..], index);
        if (line.StartsWith("from ")) return ReadTransition(line);
        if (StartsWithState(line)) return new VerifierLogLine(VerifierLogLineKind.State, -1, "", line.ToString());
        if (VerifierStatisticsReader.IsStatistics(line)) return new VerifierLogLine(VerifierLogLineKind.Statistics, -1, line.ToString(), "");
        foreach (var trace in s_traces)
        {
            if (line.StartsWith(trace) && !IsVerdictAboutFunction(line)) return new VerifierLogLine(VerifierLogLineKind.Trace, -1, line.ToString(), "");
        }
        return new VerifierLogLine(VerifierLogLineKind.Message, -1, line.ToString(), "");
    }

    /// <summary>Splits the text of a source line from the <c>@ file:line</c> that kernels since 6.8 append.</summary>
    public static SourcePosition ReadSource(string text)
    {
        var at = text.LastIndexOf(" @ ", StringComparison.Ordinal);
        if (at < 0) return new SourcePosition("", 0, text.Trim());
        var place = text.AsSpan(at + 3);
        var colon = place.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var line))
        {
            return new SourcePosition("", 0, text.Trim());
        }
        return new SourcePosition(place[..colon].ToString(), line, text[..at].Trim());
    }

    /// <summary>Reads <c>R1_w=ctx(off=0,imm=0) fp-8=mmmm</c>; liveness marks after '_' are dropped, values are kept as the kernel wrote them.</summary>
    public static List<KeyValuePair<string, string>> ReadRegisters(string text, out int frame)
    {
        var registers = new List<KeyValuePair<string, string>>();
        frame = 0;
        var position = 0;
        while (position < text.Length)
        {
            while (position < text.Length && text[position] == ' ') position++;
            var start = position;
            var depth = 0;
            while (position < text.Length && (depth > 0 || text[position] != ' '))
            {
                depth += text[position] switch { '(' => 1, ')' => -1, _ => 0 };
                position++;
            }
            var token = text.AsSpan(start, position - start);
            if (token.StartsWith("frame") && token.EndsWith(":"))
            {
                _ = int.TryParse(token[5..^1], NumberStyles.None, CultureInfo.InvariantCulture, out frame);
                continue;
            }
            var equals = token.IndexOf('=');
            if (equals <= 0) continue;
            var name = token[..equals];
            var mark = name.IndexOf('_');
            if (mark > 0) name = name[..mark];
            if (IsRegisterName(name)) registers.Add(new(name.ToString(), token[(equals + 1)..].ToString()));
        }
        return registers;
    }

    static VerifierLogLine ReadNumbered(ReadOnlySpan<char> rest, int index)
    {
        if (rest is ['(', _, _, ')', ..])
        {
            var comment = rest.IndexOf("; ");
            var text = (comment < 0 ? rest : rest[..comment]).TrimEnd().ToString();
            var state = comment < 0 ? "" : rest[(comment + 2)..].Trim().ToString();
            return new VerifierLogLine(VerifierLogLineKind.Instruction, index, text, state);
        }
        if (rest is ['s', 'a', 'f', 'e', ..]) return new VerifierLogLine(VerifierLogLineKind.Trace, index, rest.ToString(), "");
        return StartsWithState(rest)
            ? new VerifierLogLine(VerifierLogLineKind.State, index, "", rest.ToString())
            : new VerifierLogLine(VerifierLogLineKind.Message, index, rest.ToString(), "");
    }

    static VerifierLogLine ReadTransition(ReadOnlySpan<char> line)
    {
        var colon = line.IndexOf(": ");
        if (colon < 0) return new VerifierLogLine(VerifierLogLineKind.Trace, -1, line.ToString(), "");
        var rest = line[(colon + 2)..];
        var to = line[..colon].LastIndexOf(' ');
        _ = VerifierLog.TryReadIndex(line[(to + 1)..colon], out var index, out _);
        return StartsWithState(rest)
            ? new VerifierLogLine(VerifierLogLineKind.State, index, "", rest.ToString())
            : new VerifierLogLine(VerifierLogLineKind.Trace, index, line.ToString(), "");
    }

    // "Func#1 is safe…" is a note, "Func#1 is global and does not return only scalar" is a verdict.
    static bool IsVerdictAboutFunction(ReadOnlySpan<char> line) =>
        line.StartsWith("Func") && !line.Contains("is safe", StringComparison.Ordinal) && !line.Contains("is global and assumed valid", StringComparison.Ordinal)
        || line.StartsWith("func#") && !line.Contains(" @", StringComparison.Ordinal);

    static bool StartsWithState(ReadOnlySpan<char> text)
    {
        text = text.TrimStart();
        if (text.StartsWith("frame"))
        {
            var colon = text.IndexOf(": ");
            if (colon < 0) return false;
            text = text[(colon + 2)..];
        }
        var equals = text.IndexOf('=');
        if (equals <= 0) return false;
        var name = text[..equals];
        var mark = name.IndexOf('_');
        return IsRegisterName(mark > 0 ? name[..mark] : name);
    }

    static bool IsRegisterName(ReadOnlySpan<char> name) => name switch
    {
        ['R', .. var digits] => digits.Length is 1 or 2 && digits.IndexOfAnyExceptInRange('0', '9') < 0,
        ['f', 'p', '-', .. var digits] => digits.Length > 0 && digits.IndexOfAnyExceptInRange('0', '9') < 0,
        _ => false,
    };
}
