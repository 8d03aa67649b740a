using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class PolicyFuzzTests
{
    const int Rounds = 6000;

    static readonly string[] _words = ["- ", ": ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "\"", "'", "|\n", ">-\n", "---\n", "...\n", "!!str ", "%YAML 1.2\n", "#", "\t", "? ", "list:", "0x", "-1", "null", "~", "true", "\\x00", "\n", "  "];

    /// <summary>A hang is a failure, slowness is not: the bound is far above what any file needs.</summary>
    static readonly TimeSpan _hang = TimeSpan.FromSeconds(30);

    [Fact]
    public void Mutated_policies_end_in_policies_or_diagnostics()
    {
        var random = new Random(20260821);
        string[] seeds = [.. PolicyVectors.Names("good").Select(n => PolicyVectors.Text($"good/{n}")), .. PolicyVectors.Names("bad").Select(n => PolicyVectors.Text($"bad/{n}"))];

        for (var round = 0; round < Rounds; round++)
        {
            var text = Mutate(seeds[random.Next(seeds.Length)], seeds, random);
            var watch = Stopwatch.StartNew();

            var file = PolicyVectors.Parse(text);

            watch.Elapsed.ShouldBeLessThan(_hang, text);
            (file.Policies.Count > 0 || file.Diagnostics.Count > 0).ShouldBeTrue(text);
            if (file.HasErrors) file.Policies.ShouldBeEmpty();
        }
    }

    [Fact]
    public void Random_bytes_end_in_diagnostics()
    {
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            PolicyVectors.Load(bytes).Policies.ShouldBeEmpty();
        }
    }

    static string Mutate(string text, string[] seeds, Random random)
    {
        for (var count = random.Next(1, 6); count > 0 && text.Length > 0; count--)
        {
            var at = random.Next(text.Length);
            text = random.Next(8) switch
            {
                0 => text.Remove(at, Math.Min(random.Next(1, 40), text.Length - at)),
                1 => text.Insert(at, _words[random.Next(_words.Length)]),
                2 => text.Insert(at, ((char)random.Next(1, 0x300)).ToString()),
                3 => string.Concat(text.AsSpan(0, at), ((char)random.Next(32, 127)).ToString(), text.AsSpan(at + 1)),
                4 => text[..at],
                5 => text.Insert(at, text.Substring(at / 2, Math.Min(60, text.Length - at / 2))),
                6 => Splice(text, at, seeds[random.Next(seeds.Length)], random),
                _ => SwapLines(text, random),
            };
        }
        return text;
    }

    static string Splice(string text, int at, string other, Random random) => other.Length == 0 ? text : string.Concat(text.AsSpan(0, at), other.AsSpan(random.Next(other.Length)));

    static string SwapLines(string text, Random random)
    {
        var lines = text.Split('\n');
        var (a, b) = (random.Next(lines.Length), random.Next(lines.Length));
        (lines[a], lines[b]) = (lines[b], lines[a]);
        return string.Join('\n', lines);
    }
}
