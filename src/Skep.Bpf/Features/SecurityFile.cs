using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Files of securityfs, which is often not mounted in containers and small guests; a mount that no path leads to serves as well.</summary>
static class SecurityFile
{
    const string Mounted = "/sys/kernel/security";

    /// <summary>The text of a file such as <c>lsm</c> or <c>lockdown</c>, or null.</summary>
    public static string? TryRead(string name)
    {
        if (KernelFile.TryReadLine($"{Mounted}/{name}") is { } text) return text;
        if (File.Exists($"{Mounted}/lsm")) return null;
        using var mount = Libc.TryMountDetached("securityfs");
        return mount is null ? null : KernelFile.TryReadLine($"/proc/self/fd/{mount.Value}/{name}");
    }
}
