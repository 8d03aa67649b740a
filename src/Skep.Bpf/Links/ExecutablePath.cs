using System.Runtime.InteropServices;

namespace Skep.Bpf;

/// <summary>Finds the file that a probe means, as the probed process sees it.</summary>
static class ExecutablePath
{
    /// <summary>
    /// A path with a slash is taken as it is, below <c>/proc/PID/root</c> when a process is named; a bare name is looked up among what the
    /// process has mapped, then in the loader's directories (libraries) or <c>PATH</c> (programs).
    /// </summary>
    /// <exception cref="BpfException">Nothing of that name was found.</exception>
    public static string Resolve(string binary, int pid)
    {
        ArgumentException.ThrowIfNullOrEmpty(binary);
        var root = pid > 0 && pid != Environment.ProcessId ? $"/proc/{pid}/root" : "";
        if (binary.Contains('/', StringComparison.Ordinal))
        {
            // /proc/PID/exe and the like are links that only we can follow.
            if (binary.StartsWith("/proc/", StringComparison.Ordinal)) return binary;
            return Path.IsPathRooted(binary) ? root + binary : Path.GetFullPath(binary);
        }
        if (pid > 0 && Mapped(binary, pid) is { } mapped) return root + mapped;
        var directories = binary.Contains(".so", StringComparison.Ordinal) ? LibraryDirectories() : ProgramDirectories();
        foreach (var directory in directories)
        {
            var path = root + Path.Combine(directory, binary);
            if (File.Exists(path)) return path;
        }
        throw new BpfException($"found no file {binary}{(pid > 0 ? $" for process {pid}" : "")}; give its full path");
    }

    static string? Mapped(string name, int pid)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/maps"))
            {
                var start = line.IndexOf('/', StringComparison.Ordinal);
                if (start < 0) continue;
                var file = Path.GetFileName(line.AsSpan(start));
                if (file.SequenceEqual(name) || file.StartsWith(name + ".", StringComparison.Ordinal)) return line[start..];
            }
        }
        catch (IOException)
        {
            // The process is gone; the caller's other places may still hold the file.
        }
        return null;
    }

    static IEnumerable<string> LibraryDirectories()
    {
        foreach (var directory in (Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)) yield return directory;
        var triplet = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        yield return $"/usr/lib/{triplet}";
        yield return $"/lib/{triplet}";
        yield return "/usr/local/lib";
        yield return "/usr/lib64";
        yield return "/lib64";
        yield return "/usr/lib";
        yield return "/lib";
    }

    static string[] ProgramDirectories() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin").Split(':', StringSplitOptions.RemoveEmptyEntries);
}
