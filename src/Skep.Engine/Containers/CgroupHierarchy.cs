using System.Globalization;
using System.Text;
using Skep.Bpf;
using Skep.Bpf.Interop;

namespace Skep.Engine.Containers;

/// <summary>
/// The hierarchy of control groups in which this host's runtimes tell containers apart: that of v2 where it is mounted at /sys/fs/cgroup, by which
/// runtimes choose too, else one of v1. Paths by id and ids by path; the id is the inode of the directory, and the same in the kernel.
/// </summary>
public sealed class CgroupHierarchy
{
    const int MaxScanned = 50_000;
    const string Mounts = "proc/self/mounts", OwnGroups = "proc/self/cgroup", UsualPlace = "/sys/fs/cgroup", Named = "name=";

    /// <summary>Runtimes make a group for a container in each of these that is mounted; what few hosts switch off comes first.</summary>
    static readonly string[] s_controllers = ["memory", "pids", "devices", "cpu", "cpuacct", "cpuset", "blkio", "freezer", "perf_event", "net_cls", "net_prio", "hugetlb"];

    readonly Dictionary<ulong, string> _paths = [];
    long _mayScanAt;

    CgroupHierarchy(string mount, string controller, uint number)
    {
        (Mount, Controller, Number) = (mount, controller, number);
        RootId = mount.Length > 0 && Libc.TryStat(mount, out var status) ? status.Inode : 0;
    }

    /// <summary>Whether there is one. Without, only /proc/PID/cgroup tells the container of a process.</summary>
    public bool IsMounted => RootId != 0;

    /// <summary>Where it is mounted; empty when there is none.</summary>
    public string Mount { get; }

    /// <summary>Empty for v2; of v1 the controller or, as <c>name=…</c>, the name by which lines of /proc/PID/cgroup are told.</summary>
    public string Controller { get; }

    /// <summary>The kernel's number of the hierarchy; 0 for v2.</summary>
    public uint Number { get; }

    /// <summary>Id of the root; 0 when none is mounted.</summary>
    public ulong RootId { get; }

    /// <summary>Finds the hierarchy.</summary>
    /// <param name="root">Where the host's root directory is seen; <c>/</c> but for tests and agents in a container.</param>
    public static CgroupHierarchy Find(string root = "/")
    {
        var (unified, isUsual) = ("", false);
        var older = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Text(Path.Combine(root, Mounts)).Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 4) continue;
            var place = Path.Combine(root, fields[1].TrimStart('/'));
            if (fields[2] == "cgroup2" && !isUsual)
            {
                if (unified.Length == 0 || fields[1] == UsualPlace) unified = place;
                isUsual = fields[1] == UsualPlace;
            }
            if (fields[2] != "cgroup") continue;
            foreach (var option in fields[3].Split(',')) older.TryAdd(option, place);
        }
        if (!isUsual)
        {
            var names = older.Keys.Where(o => o.StartsWith(Named, StringComparison.Ordinal)).OrderByDescending(o => o == "name=systemd");
            foreach (var controller in unified.Length > 0 ? s_controllers : s_controllers.Concat(names))
            {
                if (older.TryGetValue(controller, out var place) && At(place, controller, root) is { } found) return found;
            }
        }
        return new CgroupHierarchy(unified, "", 0);
    }

    /// <summary>The v1 hierarchy of a controller or name that is mounted at a place; null when the kernel does not tell its number.</summary>
    internal static CgroupHierarchy? At(string mount, string controller, string root)
    {
        foreach (var line in Text(Path.Combine(root, OwnGroups)).Split('\n'))
        {
            if (IsOf(line, controller, out var number, out _) && number != 0 && new CgroupHierarchy(mount, controller, number) is { IsMounted: true } found) return found;
        }
        return null;
    }

    /// <summary>The v2 hierarchy, at a known place.</summary>
    internal static CgroupHierarchy At(string mount) => new(mount, "", 0);

    /// <summary>The path of a process in this hierarchy, by the text of its /proc/PID/cgroup; null when there is none.</summary>
    public string? PathIn(ReadOnlySpan<byte> procCgroup)
    {
        if (!IsMounted) return null;
        foreach (var line in procCgroup.Split((byte)'\n'))
        {
            if (IsOf(Encoding.UTF8.GetString(procCgroup[line]), Controller, out _, out var path)) return path;
        }
        return null;
    }

    /// <summary>Place of the controller in the kernel's <c>css_set.subsys</c>; -1 when the hierarchy is found by its number alone.</summary>
    internal int IndexOf(Btf kernel)
    {
        // include/linux/cgroup_subsys.h: the controller that v1 calls blkio.
        var name = (Controller == "blkio" ? "io" : Controller) + "_cgrp_id";
        if (!kernel.TryFind("cgroup_subsys_id", BtfKind.Enum, out var ids)) return -1;
        for (var i = 0; i < ids.Count; i++)
        {
            if (kernel.StringAt(ids.Enumerator(i).NameOffset) == name) return (int)ids.Enumerator(i).Value;
        }
        return -1;
    }

    /// <summary>Id of the group at a path below the root of the hierarchy; 0 when there is none.</summary>
    public ulong IdOf(string path) =>
        IsMounted && !path.Contains("/../", StringComparison.Ordinal) && Libc.TryStat(Mount + path, out var status) ? status.Inode : 0;

    /// <summary>Path of the group of an id. Directories are looked through only for an id not met before, and not more than ten times a second.</summary>
    public string? PathOf(ulong id)
    {
        if (_paths.TryGetValue(id, out var known) && IdOf(known) == id) return known;
        var now = Environment.TickCount64;
        if (!IsMounted || now < _mayScanAt) return null;
        Scan();
        _mayScanAt = Environment.TickCount64 + 100;
        return _paths.GetValueOrDefault(id);
    }

    /// <summary>The groups that there are now, by id.</summary>
    internal IReadOnlyDictionary<ulong, string> Scanned()
    {
        Scan();
        return _paths;
    }

    // number ":" controllers ":" path; the path may hold colons.
    static bool IsOf(string line, string controller, out uint number, out string path)
    {
        (number, path) = (0, "");
        if (line.Split(':', 3) is not [var first, var controllers, var rest] || !uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out number)) return false;
        path = CgroupPath.WithoutMark(rest);
        return controller.Length == 0 ? number == 0 && controllers.Length == 0 : controllers.Split(',').Contains(controller);
    }

    static string Text(string file)
    {
        var bytes = new byte[256 * 1024];
        return Encoding.UTF8.GetString(bytes, 0, Math.Max(Libc.TryReadFile(file, bytes), 0));
    }

    void Scan()
    {
        _paths.Clear();
        if (!IsMounted) return;
        var waiting = new Queue<string>(["/"]);
        while (waiting.TryDequeue(out var path) && _paths.Count < MaxScanned)
        {
            if (IdOf(path) is var id and not 0) _paths[id] = path;
            try
            {
                foreach (var child in Directory.EnumerateDirectories(Mount + path)) waiting.Enqueue(child[Mount.Length..]);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Groups come and go.
            }
        }
    }
}
