using Skep.Agent.Policies;

namespace Skep.Cli.Policies;

/// <summary>Tells rule files from tracing policies by what they hold: rule files are sequences, tracing policies mappings.</summary>
sealed class FilesByDialect
{
    /// <summary>A file whose first words are further down than this begins with nothing but comments.</summary>
    const int MostLines = 10_000;

    FilesByDialect(IReadOnlyList<string> rules, IReadOnlyList<string> policies) => (Rules, Policies) = (rules, policies);

    /// <summary>Falco's rule files, in order.</summary>
    public IReadOnlyList<string> Rules { get; }

    /// <summary>All others, and directories that hold nothing.</summary>
    public IReadOnlyList<string> Policies { get; }

    public static FilesByDialect Of(IEnumerable<string> paths)
    {
        List<string> rules = [], policies = [];
        foreach (var path in paths)
        {
            var files = Directory.Exists(path) ? PolicyFiles.In(path).Files : [path];
            if (files.Count == 0) policies.Add(path);
            foreach (var file in files) (HoldsSequence(file) ? rules : policies).Add(file);
        }
        return new(rules, policies);
    }

    static bool HoldsSequence(string file)
    {
        try
        {
            foreach (var line in File.ReadLines(file).Take(MostLines))
            {
                var words = line.AsSpan().Trim();
                // The start of a document may have its first node behind it.
                if (words.StartsWith("---")) words = words[3..].TrimStart();
                if (words.IsEmpty || words[0] is '#' or '%' || words.SequenceEqual("...")) continue;
                return words[0] == '[' || words.SequenceEqual("-") || words.StartsWith("- ");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever reads it says what is wrong.
        }
        return false;
    }
}
