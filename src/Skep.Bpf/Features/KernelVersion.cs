using System.Globalization;

namespace Skep.Bpf;

/// <summary>A version of Linux. Used to say since when something exists; what a kernel can do is probed, since distributions carry features back.</summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Patch">Third number.</param>
public readonly record struct KernelVersion(int Major, int Minor, int Patch = 0) : IComparable<KernelVersion>
{
    static readonly Lazy<KernelVersion> s_running = new(() => TryParse(Release, out var version) ? version : default);
    static readonly Lazy<string> s_release = new(() => KernelFile.TryReadLine("/proc/sys/kernel/osrelease") ?? "");

    /// <summary>The running kernel's version.</summary>
    public static KernelVersion Running => s_running.Value;

    /// <summary>The running kernel's release as <c>uname -r</c> prints it.</summary>
    public static string Release => s_release.Value;

    /// <summary>Major and minor number, as releases are spoken of: <c>5.15</c>.</summary>
    public string Series => $"{Major}.{Minor}";

    /// <summary>Reads the numbers at the start of a release such as <c>6.1.0-17-amd64</c>.</summary>
    public static bool TryParse(string? release, out KernelVersion version)
    {
        version = default;
        Span<int> parts = [0, 0, 0];
        var rest = release.AsSpan();
        for (var i = 0; i < parts.Length; i++)
        {
            var length = rest.IndexOfAnyExceptInRange('0', '9') is var end && end < 0 ? rest.Length : end;
            if (length == 0 || !int.TryParse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out parts[i])) break;
            if (i >= 1) version = new KernelVersion(parts[0], parts[1], parts[2]);
            rest = rest[length..];
            if (rest.IsEmpty || rest[0] != '.') break;
            rest = rest[1..];
        }
        return version != default;
    }

    /// <inheritdoc/>
    public int CompareTo(KernelVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    /// <summary>Whether the left one is older.</summary>
    public static bool operator <(KernelVersion left, KernelVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is newer.</summary>
    public static bool operator >(KernelVersion left, KernelVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is older or the same.</summary>
    public static bool operator <=(KernelVersion left, KernelVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is newer or the same.</summary>
    public static bool operator >=(KernelVersion left, KernelVersion right) => left.CompareTo(right) >= 0;

    /// <summary>As <c>6.1</c>, with the patch only when it is not zero.</summary>
    public override string ToString() => Patch == 0 ? $"{Major}.{Minor}" : $"{Major}.{Minor}.{Patch}";
}
