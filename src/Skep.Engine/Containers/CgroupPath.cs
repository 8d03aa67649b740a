using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skep.Engine.Containers;

/// <summary>
/// Reads the container out of the path of a control group. Runtimes agree on nothing but that each names a directory after the container;
/// the innermost such directory counts, so that what a container makes below its own group belongs to it, and a container inside of a
/// container is itself.
/// </summary>
public static class CgroupPath
{
    const int FullIdLength = 64;

    static readonly (string Prefix, string Runtime)[] s_prefixes =
    [
        ("docker-", "docker"), ("cri-containerd-", "containerd"), ("nerdctl-", "containerd"), ("containerd-", "containerd"), ("crio-", "cri-o"),
        ("libpod-payload-", "podman"), ("libpod-", "podman"), ("buildah-", "buildah"),
    ];

    static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    // Parents whose children are named after containers by any id.
    static readonly (string Parent, string Runtime)[] s_parents =
        [("docker", "docker"), ("lxc", "lxc"), ("lxc.payload", "lxc"), ("garden", "garden"), ("buildkit", "buildkit")];

    // The runtime's own processes beside a container.
    static readonly string[] s_companions = ["libpod-conmon-", "crio-conmon-", "lxc.monitor"];

    /// <summary>The container of a path; false when it names none. Also for the last directory of a path alone, where that suffices.</summary>
    public static bool TryFindContainer(string path, out CgroupContainer container)
    {
        ArgumentNullException.ThrowIfNull(path);
        container = default;
        var found = false;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            if (Array.Exists(s_companions, c => parts[i].StartsWith(c, StringComparison.Ordinal)))
            {
                (found, container) = (false, default);
            }
            else if (TryName(parts, i, out var inner))
            {
                (found, container) = (true, inner);
            }
        }
        return found;
    }

    /// <summary>The container of a process by the text of its /proc/PID/cgroup; the v2 line is asked first.</summary>
    public static bool TryFindContainerOfProcess(ReadOnlySpan<byte> procCgroup, out CgroupContainer container)
    {
        container = default;
        if (UnifiedPath(procCgroup) is { } unified && TryFindContainer(unified, out container)) return true;
        foreach (var line in procCgroup.Split((byte)'\n'))
        {
            if (PathOf(procCgroup[line]) is { } path && TryFindContainer(path, out container)) return true;
        }
        return false;
    }

    /// <summary>The path in the v2 hierarchy in the text of a /proc/PID/cgroup; null when there is none.</summary>
    public static string? UnifiedPath(ReadOnlySpan<byte> procCgroup)
    {
        foreach (var line in procCgroup.Split((byte)'\n'))
        {
            if (procCgroup[line].StartsWith("0::"u8)) return PathOf(procCgroup[line]);
        }
        return null;
    }

    /// <summary>Paths in all hierarchies in the text of a /proc/PID/cgroup, that of v2 first.</summary>
    internal static IEnumerable<string> Paths(byte[] procCgroup) =>
        Encoding.UTF8.GetString(procCgroup).Split('\n')
            .OrderByDescending(l => l.StartsWith("0::", StringComparison.Ordinal))
            .Select(l => PathOf(Encoding.UTF8.GetBytes(l))).OfType<string>().Distinct();

    // number ":" controllers ":" path; the path may hold colons.
    static string? PathOf(ReadOnlySpan<byte> line)
    {
        var first = line.IndexOf((byte)':');
        if (first < 0) return null;
        var second = line[(first + 1)..].IndexOf((byte)':');
        if (second < 0) return null;
        return WithoutMark(Encoding.UTF8.GetString(line[(first + second + 2)..]));
    }

    /// <summary>A process may outlive its group.</summary>
    internal static string WithoutMark(string path) => path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path[..^10] : path;

    static bool TryName(string[] parts, int index, out CgroupContainer container)
    {
        var part = parts[index];
        var parent = index > 0 ? parts[index - 1] : "";
        container = default;
        var isScope = part.EndsWith(".scope", StringComparison.Ordinal);
        var name = isScope ? part[..^6] : part;
        foreach (var (prefix, runtime) in s_prefixes)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (IsFullId(name.AsSpan(prefix.Length))) return Named(runtime, name[prefix.Length..], out container);
        }
        if (isScope) return TryScope(name, out container);
        if (part.StartsWith("systemd-nspawn@", StringComparison.Ordinal) && part.EndsWith(".service", StringComparison.Ordinal))
        {
            return Named("systemd-nspawn", Unescape(part[15..^8]), out container);
        }
        if (part.StartsWith("lxc.payload.", StringComparison.Ordinal)) return Named("lxc", part[12..], out container);
        foreach (var (above, runtime) in s_parents)
        {
            // Groups of a whole runtime may bear its name too (/docker/buildx): what is below must look like an id, but for LXC's names.
            if (parent == above && (runtime is "lxc" or "garden" || IsFullId(part) || runtime == "buildkit")) return Named(runtime, part, out container);
        }
        // A systemd-shaped name given to a runtime that makes plain directories: slice:prefix:id.
        var colon = part.LastIndexOf(':');
        if (colon > 0 && IsFullId(part.AsSpan(colon + 1)))
        {
            var prefix = part[(part.LastIndexOf(':', colon - 1) + 1)..colon] + "-";
            var known = Array.Find(s_prefixes, p => p.Prefix == prefix);
            return Named(known.Runtime ?? "", part[(colon + 1)..], out container);
        }
        if (IsFullId(part)) return Named(RuntimeAbove(parts, index), part, out container);
        // Fargate: /ecs/TASK/TASK-NUMBER.
        if (index > 1 && parts[index - 2] == "ecs" && part.StartsWith(parent + "-", StringComparison.Ordinal)) return Named("containerd", part, out container);
        return false;
    }

    static bool TryScope(string name, out CgroupContainer container)
    {
        container = default;
        if (name.StartsWith("runc-", StringComparison.Ordinal)) return Named("runc", Unescape(name[5..]), out container);
        if (name.StartsWith("crun-", StringComparison.Ordinal)) return Named("crun", Unescape(name[5..]), out container);
        if (!name.StartsWith("machine-", StringComparison.Ordinal)) return false;
        var machine = Unescape(name[8..]);
        // Virtual machines of libvirt register themselves as qemu-NUMBER-NAME: no containers; its LXC driver's are.
        if (machine.StartsWith("qemu-", StringComparison.Ordinal)) return false;
        return machine.StartsWith("lxc-", StringComparison.Ordinal)
            ? Named("lxc", machine[(machine.IndexOf('-', 4) + 1)..], out container)
            : Named("systemd-nspawn", machine, out container);
    }

    static string RuntimeAbove(string[] parts, int index)
    {
        for (var i = index - 1; i >= 0; i--)
        {
            if (parts[i].StartsWith("kubepods", StringComparison.Ordinal)) return "containerd";
            if (parts[i] is "ecs") return "docker";
            if (parts[i] is "default" or "k8s.io" or "moby" && i == index - 1) return "containerd";
            if (parts[i] is "libpod_parent" or "libpod") return "podman";
        }
        return "";
    }

    static bool Named(string runtime, string id, out CgroupContainer container)
    {
        container = new CgroupContainer(runtime, id);
        return id.Length > 0;
    }

    static bool IsFullId(ReadOnlySpan<char> text) => text.Length == FullIdLength && !text.ContainsAnyExcept(s_hexDigits);

    // systemd's names of units: \xHH for the bytes that a unit's name may not hold.
    static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x'
                && byte.TryParse(text.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes.Add(value);
                i += 3;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
