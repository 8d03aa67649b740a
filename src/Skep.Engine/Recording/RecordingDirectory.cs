using System.Globalization;

namespace Skep.Engine.Recording;

/// <summary>A folder of segments, which are named by their number and the time they begin at: names in order are events in order.</summary>
public sealed class RecordingDirectory
{
    const string LockName = "lock", TimeFormat = "yyyyMMdd'T'HHmmss.fff'Z'";
    const int NumberDigits = 10, WouldBlock = 11;
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Names it; nothing is looked at yet.</summary>
    public RecordingDirectory(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its segments, the oldest first; none when there is no such folder.</summary>
    public IReadOnlyList<string> Segments()
    {
        try
        {
            return [.. Directory.EnumerateFiles(Path, $"*{RecordingFormat.Extension}").Where(f => NumberOf(f) is not null).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The segments that may hold events from a time on: a segment ends where the next one begins.</summary>
    public IReadOnlyList<string> SegmentsSince(DateTimeOffset time)
    {
        var all = Segments();
        var first = 0;
        while (first + 1 < all.Count && StartOf(all[first + 1]) is { } next && next < time) first++;
        return [.. all.Skip(first)];
    }

    /// <summary>Whether an agent records here at this moment.</summary>
    public bool IsRecording()
    {
        try
        {
            // flock(LOCK_SH): refused as long as the recorder has it for itself.
            using var held = new FileStream(System.IO.Path.Combine(Path, LockName), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException error) when (error.HResult == WouldBlock)
        {
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>When a segment begins; null for other files.</summary>
    public static DateTimeOffset? StartOf(string file)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        return name.Length > NumberDigits
            && DateTimeOffset.TryParseExact(name[(NumberDigits + 1)..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
    }

    internal static long? NumberOf(string file)
    {
        var name = System.IO.Path.GetFileName(file);
        return name.Length > NumberDigits && name[NumberDigits] == '-' && long.TryParse(name.AsSpan(0, NumberDigits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>Makes the folder and keeps other recorders away for as long as the file is open; null when one is there.</summary>
    /// <exception cref="IOException">There cannot be such a folder.</exception>
    internal FileStream? TryLock()
    {
        // Those above are not the recorder's alone.
        if (System.IO.Path.GetDirectoryName(Path) is { Length: > 0 } above) Directory.CreateDirectory(above);
        Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
        const int Attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(System.IO.Path.Combine(Path, LockName), new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly,
                });
            }
            catch (IOException error) when (error.HResult == WouldBlock)
            {
                // A reader that asks whether anybody records holds it for a moment.
                if (attempt == Attempts) return null;
                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Makes the file of a segment.</summary>
    internal FileStream Create(long number, DateTimeOffset start)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{number:D10}-{start.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}{RecordingFormat.Extension}");
        return CreateFile(System.IO.Path.Combine(Path, name));
    }

    internal static FileStream CreateFile(string path, FileMode mode = FileMode.CreateNew) => new(path, new FileStreamOptions
    {
        // No lock: readers come while it grows.
        Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, UnixCreateMode = OwnerOnly,
    });
}
