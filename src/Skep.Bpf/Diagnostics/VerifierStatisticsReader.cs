using System.Globalization;

namespace Skep.Bpf;

/// <summary>Collects the closing lines of a verifier log (kernel/bpf/verifier.c: print_verification_stats).</summary>
struct VerifierStatisticsReader
{
    VerifierStatistics? _result;
    IReadOnlyList<int> _stack;
    TimeSpan _duration;

    public readonly VerifierStatistics? Result => _result is null ? null : _result with { StackDepths = _stack ?? [], Duration = _duration };

    public static bool IsStatistics(ReadOnlySpan<char> line) =>
        line.StartsWith("processed ") || line.StartsWith("stack depth ") || line.StartsWith("verification time ");

    public void Take(string line)
    {
        if (line.StartsWith("processed ", StringComparison.Ordinal))
        {
            _result = new VerifierStatistics(
                NumberAfter(line, "processed "), NumberAfter(line, "limit "), NumberAfter(line, "max_states_per_insn "),
                NumberAfter(line, "total_states "), NumberAfter(line, "peak_states "), [], default);
        }
        else if (line.StartsWith("verification time ", StringComparison.Ordinal))
        {
            _duration = TimeSpan.FromMicroseconds(NumberAfter(line, "verification time "));
        }
        else
        {
            _stack = [.. line["stack depth ".Length..].Split('+').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var depth) ? depth : 0)];
        }
    }

    static long NumberAfter(string line, string label)
    {
        var at = line.IndexOf(label, StringComparison.Ordinal);
        if (at < 0) return 0;
        at += label.Length;
        var end = at;
        while (end < line.Length && char.IsAsciiDigit(line[end])) end++;
        return long.TryParse(line.AsSpan(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
