using System.Globalization;
using System.Text.RegularExpressions;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies;

/// <summary>Looks at the running machine.</summary>
static class HostFacts
{
    static readonly string[] _functionFiles = ["/sys/kernel/tracing/available_filter_functions", "/sys/kernel/debug/tracing/available_filter_functions"];

    /// <summary>The number of the host's own namespace of a kind; null when it cannot be told.</summary>
    public static uint? Namespace(NamespaceKind kind) => kind switch
    {
        // The kernel's own numbers for the first namespaces (include/linux/proc_ns.h).
        NamespaceKind.Ipc => 0xEFFFFFFF,
        NamespaceKind.Uts => 0xEFFFFFFE,
        NamespaceKind.User => 0xEFFFFFFD,
        NamespaceKind.Pid or NamespaceKind.PidForChildren => 0xEFFFFFFC,
        NamespaceKind.Cgroup => 0xEFFFFFFB,
        NamespaceKind.Time or NamespaceKind.TimeForChildren => 0xEFFFFFFA,
        NamespaceKind.Mount => InodeOf("mnt"),
        _ => InodeOf("net"),
    };

    /// <summary>Those that the kernel numbers as they come are the first process's.</summary>
    static uint? InodeOf(string name)
    {
        try
        {
            // The link reads "net:[4026531840]".
            var target = new FileInfo($"/proc/1/ns/{name}").LinkTarget;
            if (target is null) return null;
            var inode = target.AsSpan(target.IndexOf('[', StringComparison.Ordinal) + 1).TrimEnd(']');
            return uint.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static IEnumerable<string> Functions(string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        var file = Array.Find(_functionFiles, File.Exists);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var name in file is null ? KernelFunctions() : TraceableFunctions(file))
            {
                if (regex.IsMatch(name)) found.Add(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
        return found;
    }

    // A line is "name" or "name [module]".
    static IEnumerable<string> TraceableFunctions(string file) => File.ReadLines(file).Select(line => line.Split(' ', 2)[0]);

    // A kernel without function tracing has no list of what can be traced; a line is "address type name", with "[module]" behind it for some.
    static IEnumerable<string> KernelFunctions() =>
        File.ReadLines("/proc/kallsyms").Select(line => line.Split([' ', '\t'])).Where(f => f is [_, "t" or "T", _]).Select(f => f[2]);
}
