using System.Text;

namespace Skep.Bpf;

/// <summary>A line of /proc/self/mountinfo.</summary>
/// <param name="Path">Where it is mounted.</param>
/// <param name="FileSystem">Kind of file system.</param>
/// <param name="Options">Options of the mount and of the file system, comma-separated.</param>
public sealed record MountPoint(string Path, string FileSystem, string Options)
{
    /// <summary>All mounts of this mount namespace, in mount order; empty without /proc.</summary>
    public static IReadOnlyList<MountPoint> All()
    {
        try
        {
            return [.. File.ReadLines("/proc/self/mountinfo").Select(Parse).OfType<MountPoint>()];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>The mount that holds a path; the last one when several are stacked.</summary>
    public static MountPoint? Find(string path) =>
        All().Where(m => IsBelow(path, m.Path)).Aggregate(default(MountPoint), (best, next) => best is null || next.Path.Length >= best.Path.Length ? next : best);

    static bool IsBelow(string path, string root) =>
        path == root || root == "/" || path.StartsWith(root, StringComparison.Ordinal) && path[root.Length] == '/';

    // Documentation/filesystems/proc.rst §3.5: six fields, optional tags, a dash, then type, source and options of the file system.
    internal static MountPoint? Parse(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-", 6 < fields.Length ? 6 : fields.Length);
        return dash < 0 || dash + 3 >= fields.Length ? null : new MountPoint(Unescape(fields[4]), fields[dash + 1], $"{fields[5]},{fields[dash + 3]}");
    }

    static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                result.Append((char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }
        return result.ToString();
    }
}
