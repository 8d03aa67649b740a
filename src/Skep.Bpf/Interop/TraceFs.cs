using System.Globalization;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>The tracing file system: found where it is mounted, else mounted.</summary>
static class TraceFs
{
    const string Mountpoint = "/sys/kernel/tracing";
    const string OldMountpoint = "/sys/kernel/debug/tracing";

    static readonly Lazy<string> s_root = new(Find);

    /// <summary>Its root. Throws when it is not there and cannot be mounted.</summary>
    public static string Root => s_root.Value;

    /// <summary>The number by which perf knows a tracepoint, or null when there is none of that name.</summary>
    public static ulong? TracepointId(string category, string name)
    {
        var path = Path.Combine(Root, "events", category, name, "id");
        return File.Exists(path) ? ulong.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture) : null;
    }

    public static IEnumerable<string> Names(string category)
    {
        var directory = Path.Combine(Root, "events", category);
        return Directory.Exists(directory) ? Directory.EnumerateDirectories(directory).Select(d => Path.GetFileName(d)!) : [];
    }

    public static IEnumerable<string> Categories => Directory.EnumerateDirectories(Path.Combine(Root, "events")).Select(d => Path.GetFileName(d)!);

    /// <summary>Where it is mounted, or null; nothing is mounted to find out.</summary>
    public static string? Mounted => IsTraceFs(Mountpoint) ? Mountpoint : IsTraceFs(OldMountpoint) ? OldMountpoint : null;

    static string Find()
    {
        if (Mounted is { } mounted) return mounted;
        if (!Directory.Exists(Mountpoint)) throw new BpfException($"{Mountpoint} does not exist: the kernel has no tracing, or sysfs is not mounted");
        if (Libc.Mount("tracefs", Mountpoint, "tracefs", 0, null) < 0 && !IsTraceFs(Mountpoint))
        {
            throw new BpfSyscallException($"mount tracefs at {Mountpoint}", Marshal.GetLastPInvokeError());
        }
        return Mountpoint;
    }

    static bool IsTraceFs(string path)
    {
        try
        {
            return Directory.Exists(Path.Combine(path, "events"));
        }
        catch (IOException)
        {
            return false;
        }
    }
}
