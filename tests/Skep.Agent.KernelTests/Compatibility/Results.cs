namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>Writes what became of each policy to a table of this kernel in the directory that SKEP_COMPATIBILITY names.</summary>
static class Results
{
    static readonly SortedDictionary<string, string> s_lines = new(StringComparer.Ordinal);

    /// <summary>The kernel's series, such as 6.12.</summary>
    static string Series { get; } = $"{Environment.OSVersion.Version.Major}.{Environment.OSVersion.Version.Minor}";

    /// <summary>Writes a policy's line; a later one replaces it.</summary>
    public static void Write(string policy, string outcome, string reason, string triggered)
    {
        if (Environment.GetEnvironmentVariable("SKEP_COMPATIBILITY") is not { Length: > 0 } directory) return;
        lock (s_lines)
        {
            s_lines[policy] = string.Join('\t', policy, Series, outcome, reason.ReplaceLineEndings(" ").Replace('\t', ' '), triggered);
            Directory.CreateDirectory(directory);
            File.WriteAllLines(Path.Combine(directory, $"{Series}.tsv"), s_lines.Values);
        }
    }
}
