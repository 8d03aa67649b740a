namespace Skep.Bpf;

/// <summary>
/// The value of <c>LINUX_KERNEL_VERSION</c>, which old kernels compare with the one that kprobe programs declare. Distributions hide the upstream
/// patch level in <c>uname -r</c>: Ubuntu tells it in <c>/proc/version_signature</c>, Debian in the version string.
/// </summary>
static class KernelVersionCode
{
    static readonly Lazy<KernelVersion> s_running = new(() => Choose(
        KernelVersion.Release,
        KernelFile.TryReadLine("/proc/sys/kernel/version"),
        KernelFile.TryReadLine("/proc/version_signature")));

    /// <summary>The running kernel's, as <c>KERNEL_VERSION(a, b, c)</c> computes it.</summary>
    public static uint Running => Of(s_running.Value);

    public static uint Of(KernelVersion version) => (uint)(version.Major << 16 | version.Minor << 8 | Math.Min(version.Patch, 255));

    public static KernelVersion Choose(string? release, string? version, string? signature)
    {
        const string debian = "Debian ";
        if (KernelVersion.TryParse(signature?.Split(' ')[^1], out var ubuntu)) return ubuntu;
        var at = version?.IndexOf(debian, StringComparison.Ordinal) ?? -1;
        if (at >= 0 && KernelVersion.TryParse(version![(at + debian.Length)..], out var upstream)) return upstream;
        return KernelVersion.TryParse(release, out var plain) ? plain : default;
    }
}
