using Shouldly;
using Xunit;

namespace Skep.Bpf.Tests.Docs;

public class LibraryGuideTests
{
    [Fact]
    public void Every_snippet_of_the_guide_is_compiled()
    {
        var root = RepositoryRoot();
        var source = Normalise(File.ReadLines(Path.Combine(root, "tests", "Skep.Bpf.Tests", "Docs", "LibraryGuide.cs")));
        var blocks = Blocks(File.ReadLines(Path.Combine(root, "docs", "library.md"))).ToList();
        blocks.Count.ShouldBeGreaterThan(10);
        foreach (var block in blocks)
        {
            // Directives and declarations stand elsewhere in a C# file, statements stay together.
            foreach (var line in block.Where(IsApart)) source.ShouldContain($"\n{(line == "using Skep.Bpf;" ? "namespace Skep.Bpf.Tests.Docs;" : line)}\n");
            source.ShouldContain(Normalise(block.Where(line => !IsApart(line))));
        }
    }

    static bool IsApart(string line) => line.StartsWith("using Skep.", StringComparison.Ordinal) || line.StartsWith("struct ", StringComparison.Ordinal);

    /// <summary>Lines without indentation and blank ones.</summary>
    static string Normalise(IEnumerable<string> lines) => $"\n{string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0))}\n";

    static IEnumerable<List<string>> Blocks(IEnumerable<string> lines)
    {
        List<string>? block = null;
        foreach (var line in lines)
        {
            if (block is null)
            {
                if (line == "```csharp") block = [];
            }
            else if (line == "```")
            {
                yield return block;
                block = null;
            }
            else
            {
                block.Add(line);
            }
        }
    }

    static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Skep.slnx"))) return directory.FullName;
        }
        throw new DirectoryNotFoundException("no Skep.slnx above the test binary");
    }
}
