using Skep.Bpf.Interop;

namespace Skep.Agent.Policies;

/// <summary>Which files of policies there are at a time, and as what: two that are equal would be read alike.</summary>
sealed class PolicySnapshot
{
    const int MostNamed = 3;

    readonly Dictionary<string, FileStatus> _files = new(StringComparer.Ordinal);
    readonly Dictionary<string, HashSet<string>?> _watched = new(StringComparer.Ordinal);

    PolicySnapshot()
    {
    }

    /// <summary>The directories whose changes may change it, each with the names of entries that matter; null for all.</summary>
    public IReadOnlyDictionary<string, HashSet<string>?> Watched => _watched;

    /// <summary>Looks at files and directories, which need not exist.</summary>
    public static PolicySnapshot Take(IEnumerable<string> paths)
    {
        var snapshot = new PolicySnapshot();
        foreach (var path in paths) snapshot.Add(Path.GetFullPath(path));
        return snapshot;
    }

    /// <summary>What is different from an earlier one, in words; empty when nothing is.</summary>
    public string DifferenceFrom(PolicySnapshot before)
    {
        var changes = _files.Where(f => !before._files.ContainsKey(f.Key)).Select(f => $"{f.Key} added")
            .Concat(before._files.Keys.Where(f => !_files.ContainsKey(f)).Select(f => $"{f} removed"))
            .Concat(_files.Where(f => before._files.TryGetValue(f.Key, out var old) && old != f.Value).Select(f => $"{f.Key} changed")).ToList();
        return string.Join(", ", changes.Take(MostNamed)) + (changes.Count > MostNamed ? $" and {changes.Count - MostNamed} more" : "");
    }

    /// <summary>Whether the same directories are to be watched.</summary>
    public bool WatchesAs(PolicySnapshot other) => _watched.Count == other._watched.Count && _watched.Keys.All(other._watched.ContainsKey);

    void Add(string path)
    {
        // The way to it may be replaced too, and may not be there yet.
        for (var at = path; Path.GetDirectoryName(at) is { } parent; at = parent) Watch(parent, Path.GetFileName(at));
        if (!Directory.Exists(path))
        {
            _watched[path] = null;
            Note(path);
            return;
        }
        var found = PolicyFiles.In(path);
        foreach (var directory in found.Directories) _watched[directory] = null;
        foreach (var file in found.Files)
        {
            // What a link leads to may lie elsewhere.
            if (new FileInfo(file).LinkTarget is not null) _watched[file] = null;
            Note(file);
        }
    }

    void Note(string file)
    {
        if (Libc.TryStat(file, out var status)) _files[file] = status;
    }

    void Watch(string directory, string name)
    {
        if (!_watched.TryGetValue(directory, out var names)) _watched[directory] = [name];
        else names?.Add(name);
    }
}
