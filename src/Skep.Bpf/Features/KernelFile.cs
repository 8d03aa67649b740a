using System.Globalization;

namespace Skep.Bpf;

/// <summary>Files of /proc and /sys that may be absent or unreadable, which is an answer too.</summary>
static class KernelFile
{
    /// <summary>The whole text, or null.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The first line without blanks around it, or null.</summary>
    public static string? TryReadLine(string path) => TryRead(path)?.Split('\n')[0].Trim();

    /// <summary>The number in the file, or null.</summary>
    public static int? TryReadNumber(string path) =>
        int.TryParse(TryReadLine(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
