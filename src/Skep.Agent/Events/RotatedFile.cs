using System.Diagnostics;
using System.Globalization;

namespace Skep.Agent.Events;

/// <summary>
/// A file that is appended to in whole lines, and that makes room for a new one when it is full or old. It is opened anew when something else has moved or
/// removed it, and goes on from the present end when it was cut. Every method may fail with what the file system says; then it may be tried again.
/// </summary>
sealed class RotatedFile(ExportFileOptions options, ExportBackups backups) : IDisposable
{
    FileStream? _stream;
    /// <summary>What the kernel calls the open file.</summary>
    string? _place;
    long _length;
    long _opened;
    volatile ExportRotation _rotation = options.Rotation;

    /// <summary>When a new one is begun; from any thread.</summary>
    public ExportRotation Rotation
    {
        get => _rotation;
        set => _rotation = value;
    }

    /// <summary>Bytes that it has.</summary>
    public long Length => _length;

    /// <summary>Opens it, unless it is; a line that an agent before has not ended is not continued.</summary>
    public void Open()
    {
        if (_stream is not null) return;
        if (Path.GetDirectoryName(Path.GetFullPath(options.Path)) is { } directory) Directory.CreateDirectory(directory);
        var isNew = !File.Exists(options.Path);
        // For reading too: a pipe that nobody reads would be waited for.
        var stream = new FileStream(options.Path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, UnixCreateMode = options.Permissions,
        });
        try
        {
            if (!stream.CanSeek) throw new IOException($"{options.Path} is not a file");
            if (isNew) File.SetUnixFileMode(stream.SafeFileHandle, options.Permissions);
            _length = RandomAccess.GetLength(stream.SafeFileHandle);
            Span<byte> last = [(byte)'\n'];
            if (_length > 0) RandomAccess.Read(stream.SafeFileHandle, last, _length - 1);
            if (last[0] != (byte)'\n') RandomAccess.Write(stream.SafeFileHandle, "\n"u8, _length++);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        (_stream, _place, _opened) = (stream, PlaceOf(stream), Stopwatch.GetTimestamp());
    }

    /// <summary>Appends lines: all of them, or none.</summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        Open();
        var handle = _stream!.SafeFileHandle;
        _length = RandomAccess.GetLength(handle);
        try
        {
            RandomAccess.Write(handle, lines, _length);
            _length += lines.Length;
        }
        catch (IOException)
        {
            // The beginning of a line that did not fit is worth nothing.
            RandomAccess.SetLength(handle, _length);
            throw;
        }
    }

    /// <summary>Whether a line belongs into a new file when some bytes are still to be written to this one.</summary>
    public bool IsFullFor(int line, int waiting) => _rotation.MaxSize is > 0 and var size && _length + waiting > 0 && _length + waiting + line > size;

    /// <summary>Opens it anew when it was moved or removed, and begins a new one when it is time to.</summary>
    public void Tend()
    {
        if (_stream is not null && PlaceOf(_stream) != _place) Close();
        Open();
        if (_rotation.Interval is var interval && interval > TimeSpan.Zero && Stopwatch.GetElapsedTime(_opened) >= interval) Rotate();
    }

    /// <summary>Begins a new file and keeps the present one beside it, unless it is empty.</summary>
    public void Rotate()
    {
        if (_stream is not null && PlaceOf(_stream) == _place)
        {
            _opened = Stopwatch.GetTimestamp();
            if (RandomAccess.GetLength(_stream.SafeFileHandle) == 0) return;
            File.Move(options.Path, backups.NextName());
        }
        Close();
        Open();
        backups.Tidy(_rotation.MaxBackups);
    }

    public void Close()
    {
        _stream?.Dispose();
        (_stream, _length) = (null, 0);
    }

    public void Dispose() => Close();

    static string? PlaceOf(FileStream stream) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}")).LinkTarget;
}
