using System.Globalization;
using System.IO.Compression;

namespace Skep.Agent.Events;

/// <summary>
/// The files that were written before the present one, <c>NAME-2030-01-31T09-05-07.123.log</c> beside <c>NAME.log</c>: as many as are to be kept, compressed if
/// that is wanted. The work is done beside everything else, and what an end interrupts is done the next time.
/// </summary>
sealed class ExportBackups : IDisposable
{
    const string TimeFormat = "yyyy-MM-ddTHH-mm-ss.fff", Compressed = ".gz", Unfinished = ".part";

    readonly ExportFileOptions _options;
    readonly Action<string> _report;
    readonly string _directory, _stem, _extension;
    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    DateTime _newest;
    Task _work = Task.CompletedTask;
    bool _isWanted, _isWorking;
    int _kept;

    /// <param name="options">What is to be kept.</param>
    /// <param name="report">Gets what cannot be done.</param>
    public ExportBackups(ExportFileOptions options, Action<string> report)
    {
        (_options, _report) = (options, report);
        var path = Path.GetFullPath(options.Path);
        (_directory, _stem, _extension) = (Path.GetDirectoryName(path) ?? "/", Path.GetFileNameWithoutExtension(path), Path.GetExtension(path));
    }

    /// <summary>The name that the present file gets: later than that of any other, whatever the clock does.</summary>
    public string NextName()
    {
        if (_newest == default && Find() is [var (_, time), ..]) _newest = time;
        var now = DateTime.UtcNow;
        _newest = now - _newest >= TimeSpan.FromMilliseconds(1) ? now : _newest.AddMilliseconds(1);
        return Path.Combine(_directory, $"{_stem}-{_newest.ToString(TimeFormat, CultureInfo.InvariantCulture)}{_extension}");
    }

    /// <summary>Has done what is to be done; does not wait for it.</summary>
    /// <param name="kept">How many are kept; 0 for all.</param>
    public void Tidy(int kept)
    {
        lock (_gate)
        {
            (_isWanted, _kept) = (true, kept);
            // The task that is about to end does not look again.
            if (_isWorking) return;
            (_isWorking, _work) = (true, Task.Run(Work));
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _work.Wait(TimeSpan.FromSeconds(2));
    }

    void Work()
    {
        while (true)
        {
            int kept;
            lock (_gate)
            {
                if (!_isWanted)
                {
                    _isWorking = false;
                    return;
                }
                (_isWanted, kept) = (false, _kept);
            }
            try
            {
                Remove(kept);
                if (_options.Compresses) Compress();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _report($"former files of {_options.Path} cannot be put in order: {error.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    void Remove(int most)
    {
        var kept = 0;
        foreach (var (path, time) in Find())
        {
            var isOld = _options.MaxAge > TimeSpan.Zero && DateTime.UtcNow - time > _options.MaxAge;
            if (path.EndsWith(Unfinished, StringComparison.Ordinal) || isOld || (most > 0 && kept >= most)) File.Delete(path);
            else kept++;
        }
    }

    void Compress()
    {
        foreach (var (path, _) in Find())
        {
            if (path.EndsWith(Compressed, StringComparison.Ordinal)) continue;
            var unfinished = path + Compressed + Unfinished;
            using (var source = File.OpenRead(path))
            using (var target = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = _options.Permissions }))
            using (var packed = new GZipStream(target, CompressionLevel.Fastest))
            {
                File.SetUnixFileMode(target.SafeFileHandle, _options.Permissions);
                var buffer = new byte[1 << 16];
                while (source.Read(buffer) is > 0 and var read)
                {
                    _stop.Token.ThrowIfCancellationRequested();
                    packed.Write(buffer, 0, read);
                }
            }
            File.Move(unfinished, path + Compressed, overwrite: true);
            File.Delete(path);
            // Others may have come meanwhile, and this one may be too many.
            lock (_gate) if (_isWanted) return;
        }
    }

    /// <summary>All of them, the newest first.</summary>
    List<(string Path, DateTime Time)> Find()
    {
        var found = new List<(string, DateTime)>();
        foreach (var path in Directory.EnumerateFiles(_directory, $"{_stem}-*"))
        {
            var name = Path.GetFileName(path)[(_stem.Length + 1)..];
            if (name.Length < TimeFormat.Length) continue;
            var rest = name[TimeFormat.Length..];
            if (rest != _extension && rest != _extension + Compressed && rest != _extension + Compressed + Unfinished) continue;
            if (DateTime.TryParseExact(name.AsSpan(0, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) found.Add((path, time));
        }
        return [.. found.OrderByDescending(f => f.Item2).ThenBy(f => f.Item1, StringComparer.Ordinal)];
    }
}
