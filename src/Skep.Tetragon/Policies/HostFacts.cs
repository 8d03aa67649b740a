using System.Globalization;
using System.Text.RegularExpressions;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies;

/// <summary>Looks at the running machine.</summary>
static class HostFacts
{
    static readonly string[] _functionFiles = ["/sys/kernel/tracing/available_filter_functions", "/sys/kernel/debug/tracing/available_filter_functions"];

    public static uint? Namespace(NamespaceKind kind)
    {
        var name = kind switch
        {
            NamespaceKind.Uts => "uts",
            NamespaceKind.Ipc => "ipc",
            NamespaceKind.Mount => "mnt",
            NamespaceKind.Pid => "pid",
            NamespaceKind.PidForChildren => "pid_for_children",
            NamespaceKind.Network => "net",
            NamespaceKind.Time => "time",
            NamespaceKind.TimeForChildren => "time_for_children",
            NamespaceKind.Cgroup => "cgroup",
            _ => "user",
        };
        try
        {
            // The link reads "uts:[4026531838]".
            var target = new FileInfo($"/proc/1/ns/{name}").LinkTarget;
            if (target is null) return Initial(kind);
            var inode = target.AsSpan(target.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']');
            return uint.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Initial(kind);
        }
    }

    // Without the right to look at process 1 there are the numbers that the kernel gives its first namespaces (include/linux/proc_ns.h).
    static uint? Initial(NamespaceKind kind) => kind switch
    {
        NamespaceKind.Ipc => 0xEFFFFFFF,
        NamespaceKind.Uts => 0xEFFFFFFE,
        NamespaceKind.User => 0xEFFFFFFD,
        NamespaceKind.Pid or NamespaceKind.PidForChildren => 0xEFFFFFFC,
        NamespaceKind.Cgroup => 0xEFFFFFFB,
        NamespaceKind.Time or NamespaceKind.TimeForChildren => 0xEFFFFFFA,
        _ => null,
    };

    public static IEnumerable<string> Functions(string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        var file = Array.Find(_functionFiles, File.Exists);
        if (file is null) return [];
        var found = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            // A line is "name" or "name [module]".
            foreach (var line in File.ReadLines(file))
            {
                var end = line.IndexOf(' ', StringComparison.Ordinal);
                var name = end < 0 ? line : line[..end];
                if (regex.IsMatch(name)) found.Add(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
        return found;
    }
}
