namespace Skep.Agent.Policies;

/// <summary>
/// The files of policies in and below a directory: <c>.yaml</c> and <c>.yml</c>, in the order of their names. What is hidden is not looked at: editors
/// keep their files there, and Kubernetes the versions of a ConfigMap, which visible links lead to.
/// </summary>
sealed class PolicyFiles
{
    const int DeepestNesting = 32;

    static readonly string[] s_extensions = [".yaml", ".yml"];

    readonly List<string> _files = [], _directories = [];
    readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    PolicyFiles()
    {
    }

    public IReadOnlyList<string> Files => _files;

    /// <summary>The directory itself and all that were looked into.</summary>
    public IReadOnlyList<string> Directories => _directories;

    /// <summary>What is in a directory now; nothing when there is none.</summary>
    public static PolicyFiles In(string directory)
    {
        var found = new PolicyFiles();
        if (Directory.Exists(directory)) found.Add(directory, 0);
        return found;
    }

    void Add(string directory, int depth)
    {
        if (depth > DeepestNesting || !_seen.Add(RealPath(directory))) return;
        _directories.Add(directory);
        string[] entries;
        try
        {
            entries = Directory.GetFileSystemEntries(directory);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone since it was seen.
            return;
        }
        foreach (var entry in entries.Where(e => !Path.GetFileName(e).StartsWith('.')).Order(StringComparer.Ordinal))
        {
            if (Directory.Exists(entry)) Add(entry, depth + 1);
            else if (s_extensions.Contains(Path.GetExtension(entry), StringComparer.OrdinalIgnoreCase)) _files.Add(entry);
        }
    }

    /// <summary>Links may lead back to where they are.</summary>
    static string RealPath(string directory) => Directory.ResolveLinkTarget(directory, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(directory);
}
