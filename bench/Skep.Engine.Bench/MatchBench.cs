using System.Diagnostics;
using System.Text;
using Skep.Engine.KernelTests.Matching;
using Skep.Engine.Matching;

namespace Skep.Engine.Bench;

/// <summary>Text matchers on a path of 64 bytes, against a function that looks at nothing.</summary>
static class MatchBench
{
    const uint Repeat = 200_000;
    const int Rounds = 7;

    static readonly byte[] s_path = Encoding.ASCII.GetBytes("/usr/lib/x86_64-linux-gnu/package-17/modules/deep/file-0042.conf");

    public static int Run()
    {
        // One pattern that fails at its length: what is around every matcher.
        var around = Best(TextMatcherPlan.Create([P(0, TextOperator.Equal, "x")]).Matchers[0], s_path);
        Console.WriteLine($"around: {around} ns");
        Console.WriteLine($"{"patterns",-34}{"compiled in",12}{"table",12}{"states",9}{"verified",10}{"ns",7}{"ns/byte",9}");
        var one = Print("1 contains", [P(0, TextOperator.Contains, "needle")], around);
        var hundred = Print("100 contains, 32 numbers", Many(100, 32, TextOperator.Contains, "needle{0:D5}"), around);
        var all = Print("10,000 contains, 32 numbers", Many(10_000, 32, TextOperator.Contains, "needle{0:D5}"), around);
        Console.WriteLine($"100 : 1 = {hundred / one:F2}x, 10,000 : 1 = {all / one:F2}x");
        Print("1 equal", [P(0, TextOperator.Equal, Encoding.ASCII.GetString(s_path))], around);
        Print("4 prefixes", Many(4, 4, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/pack{0}"), around);
        Print("8 prefixes", Many(8, 8, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/pack{0}"), around);
        Print("8 prefixes in an automaton", Many(8, 8, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/pack{0}"), around, new TextMatcherOptions { MaxCompares = 0 });
        Print("100 equal", Many(100, 100, TextOperator.Equal, "/usr/lib/x86_64-linux-gnu/package-17/modules/deep/file-{0:D4}.conf"), around);
        Print("10,000 equal", Many(10_000, 10_000, TextOperator.Equal, "/usr/lib/x86_64-linux-gnu/package-17/modules/deep/file-{0:D4}.conf"), around);
        Print("100 prefixes", Many(100, 100, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/package-{0}/"), around);
        Print("10,000 prefixes", Many(10_000, 10_000, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/package-{0}/"), around);
        Print("10,000 suffixes", Many(10_000, 10_000, TextOperator.Suffix, "/file-{0:D4}.conf"), around);
        Print("10,000 prefixes, may sleep", Many(10_000, 10_000, TextOperator.Prefix, "/usr/lib/x86_64-linux-gnu/package-{0}/"), around, new TextMatcherOptions { Sleepable = true });
        Print("200 contains, each its own", Many(200, 200, TextOperator.Contains, "needle{0:D5}"), around);
        Print("32 expressions", Many(32, 32, TextOperator.Regex, "^/usr/.*/package-[0-9]+/.*{0}\\.conf$"), around);
        Print("32 globs", Many(32, 32, TextOperator.Glob, "/usr/*/package-{0}/*.conf"), around);
        return 0;
    }

    static NumberedPattern P(int number, TextOperator comparison, string text) => new(number, new TextPattern(comparison, Encoding.UTF8.GetBytes(text)));

    static List<NumberedPattern> Many(int count, int numbers, TextOperator comparison, string format)
    {
        var form = CompositeFormat.Parse(format);
        return [.. Enumerable.Range(0, count).Select(n => P(n % numbers, comparison, string.Format(null, form, n)))];
    }

    static double Print(string name, List<NumberedPattern> patterns, uint around, TextMatcherOptions? options = null)
    {
        TextMatcherPlan.Create(patterns, options);
        var started = Stopwatch.GetTimestamp();
        var plan = TextMatcherPlan.Create(patterns, options);
        var compiled = Stopwatch.GetElapsedTime(started);
        var (total, verified) = (0.0, 0u);
        foreach (var matcher in plan.Matchers)
        {
            using var loaded = new LoadedMatcher(matcher, [matcher.Numbers[0]]);
            verified += loaded.VerifiedInstructions;
            total += Math.Max(0.0, (double)Best(loaded, s_path) - around);
        }
        var states = plan.Matchers.OfType<Automaton>().Sum(a => a.States);
        var left = plan.LeftOut.Count > 0 ? $"  {plan.LeftOut.Count} left out" : "";
        Console.WriteLine($"{name,-34}{compiled.TotalMilliseconds,9:F1} ms{plan.TableBytes / 1024.0,9:F1} KB{states,9}{verified,10}{total,7:F0}{total / s_path.Length,9:F2}  {plan.Matchers.Count} x {plan.Matchers[0].GetType().Name}{left}");
        return total;
    }

    static uint Best(TextMatcher matcher, byte[] text)
    {
        using var loaded = new LoadedMatcher(matcher, [0]);
        return Best(loaded, text);
    }

    static uint Best(LoadedMatcher loaded, byte[] text) => Enumerable.Range(0, Rounds).Min(_ => loaded.Measure(text, Repeat));
}
