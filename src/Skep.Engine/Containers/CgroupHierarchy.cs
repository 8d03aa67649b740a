using Skep.Bpf.Interop;

namespace Skep.Engine.Containers;

/// <summary>The v2 hierarchy of control groups as it is mounted here: paths by id and ids by path. The id is the inode of the directory.</summary>
public sealed class CgroupHierarchy
{
    const int MaxScanned = 50_000;
    const string Unnamed = "";

    readonly string _mount;
    readonly Dictionary<ulong, string> _paths = [];
    long _mayScanAt;

    CgroupHierarchy(string mount, bool isUnified)
    {
        _mount = mount;
        IsUnified = isUnified;
        RootId = mount.Length > 0 && Libc.TryStat(mount, out var status) ? status.Inode : 0;
    }

    /// <summary>Whether the v2 hierarchy is the only one: then it alone tells the container of a process.</summary>
    public bool IsUnified { get; }

    /// <summary>Id of the root; 0 when no v2 hierarchy is mounted.</summary>
    public ulong RootId { get; }

    /// <summary>Finds the mounted hierarchies.</summary>
    /// <param name="root">Where the host's root directory is seen; <c>/</c> but for tests and agents in a container.</param>
    public static CgroupHierarchy Find(string root = "/")
    {
        var (v2, hasV1) = (Unnamed, false);
        var mounts = new byte[256 * 1024];
        var length = Libc.TryReadFile(Path.Combine(root, "proc/self/mounts"), mounts);
        foreach (var line in System.Text.Encoding.UTF8.GetString(mounts, 0, Math.Max(length, 0)).Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 4) continue;
            if (fields[2] == "cgroup2" && v2.Length == 0) v2 = Path.Combine(root, fields[1].TrimStart('/'));
            // The freezer alone may be mounted beside a v2 hierarchy that runs everything; a container's name is in all v1 hierarchies or none.
            if (fields[2] == "cgroup") hasV1 = true;
        }
        return new CgroupHierarchy(v2, v2.Length > 0 && !hasV1);
    }

    /// <summary>A hierarchy at a known place.</summary>
    internal static CgroupHierarchy At(string mount, bool isUnified) => new(mount, isUnified);

    /// <summary>Id of the group at a path below the root of the hierarchy; 0 when there is none.</summary>
    public ulong IdOf(string path) =>
        _mount.Length > 0 && !path.Contains("/../", StringComparison.Ordinal) && Libc.TryStat(_mount + path, out var status) ? status.Inode : 0;

    /// <summary>Path of the group of an id. Directories are looked through only for an id not met before, and not more than ten times a second.</summary>
    public string? PathOf(ulong id)
    {
        if (_paths.TryGetValue(id, out var known) && IdOf(known) == id) return known;
        var now = Environment.TickCount64;
        if (_mount.Length == 0 || now < _mayScanAt) return null;
        Scan();
        _mayScanAt = Environment.TickCount64 + 100;
        return _paths.GetValueOrDefault(id);
    }

    /// <summary>Ids of the groups that there are now.</summary>
    internal HashSet<ulong> Scanned()
    {
        Scan();
        return [.. _paths.Keys];
    }

    void Scan()
    {
        _paths.Clear();
        var waiting = new Queue<string>(["/"]);
        while (waiting.TryDequeue(out var path) && _paths.Count < MaxScanned)
        {
            if (IdOf(path) is var id and not 0) _paths[id] = path;
            try
            {
                foreach (var child in Directory.EnumerateDirectories(_mount + path)) waiting.Enqueue(child[_mount.Length..]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Groups come and go.
            }
        }
    }
}
