using System.Globalization;
using Shouldly;
using Skep.Agent.Health;
using Xunit;

namespace Skep.Cli.Tests.Run;

public class MappedCodeTests
{
    [Theory]
    [InlineData("7f0000001000-7f0000003000 r-xp 00001000 08:01 42                         /usr/bin/skep", 0, true)]
    [InlineData("7f0000001000-7f0000003000 r--s 00001000 08:01 42                         /usr/lib/with space.so", 0, true)]
    [InlineData("7f0000001000-7f0000003000 r-xp 00001000 08:01 42                         /usr/bin/skep", 4, false)] // a page was written to
    [InlineData("7f0000001000-7f0000003000 rw-p 00001000 08:01 42                         /usr/bin/skep", 0, false)]
    [InlineData("7f0000001000-7f0000003000 r-xs 00001000 00:01 42                         /memfd:doublemapper (deleted)", 0, false)]
    [InlineData("7f0000001000-7f0000003000 r-xp 00001000 08:01 42                         /usr/bin/skep (deleted)", 0, false)]
    [InlineData("7f0000001000-7f0000003000 r-xp 00000000 00:00 0                          [vdso]", 0, false)]
    [InlineData("7f0000001000-7f0000003000 r--p 00000000 00:00 0 ", 0, false)]
    [InlineData("nonsense-7f r", 0, false)]
    public void Clean_takes_unchanged_mappings_of_files(string head, int anonymous, bool isTaken)
    {
        string[] lines = [head, "Size:                  8 kB", "Rss:                   8 kB", $"Anonymous:             {anonymous} kB", "VmFlags: rd ex mr mw me"];

        MappedCode.Clean(lines).ShouldBe(isTaken ? [(nint.Parse("7f0000001000", NumberStyles.HexNumber, CultureInfo.InvariantCulture), 0x2000)] : []);
    }

    [Fact]
    public void Release_makes_the_process_smaller_and_harms_nothing()
    {
        var before = FilePages();

        MappedCode.Release();

        FilePages().ShouldBeLessThan(before);
        // Code and what it needs are read again.
        string.Join(",", Enumerable.Range(0, 1000).OrderDescending().Take(3)).ShouldBe("999,998,997");
    }

    static long FilePages() => long.Parse(File.ReadLines("/proc/self/status").Single(l => l.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
}
