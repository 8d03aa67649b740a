using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>Reads of files that belong to others: bounded, never blocking, never throwing. Names are bytes, not text.</summary>
static unsafe partial class Libc
{
    const int AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000, O_NONBLOCK = 0x800;
    const uint STATX_BASIC_STATS = 0x7ff;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Statx
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatxAt(int directory, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLink(string path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int fd);

    /// <summary>Makes what was renamed and made in a directory durable, where its file system can.</summary>
    public static void SyncDirectory(string path)
    {
        var fd = Open(path, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0) return;
        _ = Sync(fd);
        _ = Close(fd);
    }

    /// <summary>Status of the file that <paramref name="path"/> leads to; links are followed.</summary>
    public static bool TryStat(string path, out FileStatus status) => TryStat(AT_FDCWD, path, 0, out status);

    /// <summary>The text of a symbolic link in <paramref name="buffer"/>; -1 when there is none or it may not be read.</summary>
    public static int TryReadLink(string path, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer) return (int)ReadLink(path, pointer, (nuint)buffer.Length);
    }

    /// <summary>
    /// Up to <paramref name="buffer"/>'s length of a regular file's start; -1 when it cannot be read. A FIFO or device in its place is not
    /// waited for.
    /// </summary>
    public static int TryReadFile(string path, Span<byte> buffer)
    {
        var fd = Open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
        if (fd < 0) return -1;
        try
        {
            if (!TryStat(fd, "", AT_EMPTY_PATH, out var status) || !status.IsRegular) return -1;
            var filled = 0;
            fixed (byte* pointer = buffer)
            {
                while (filled < buffer.Length)
                {
                    var count = Read(fd, pointer + filled, (nuint)(buffer.Length - filled));
                    if (count == 0) break;
                    if (count > 0) filled += (int)count;
                    // A process that ends while its file is read: ESRCH.
                    else if (Marshal.GetLastPInvokeError() != Errno.EINTR) return -1;
                }
            }
            return filled;
        }
        finally
        {
            _ = Close(fd);
        }
    }

    static bool TryStat(int directory, string path, int flags, out FileStatus status)
    {
        Statx raw;
        var found = StatxAt(directory, path, flags, STATX_BASIC_STATS, &raw) == 0;
        status = found ? new FileStatus(raw.Inode, raw.Links, raw.Mode, raw.Size, (ulong)raw.DeviceMajor << 32 | raw.DeviceMinor, raw.ChangedSeconds * 1_000_000_000 + raw.ChangedNanoseconds) : default;
        return found;
    }
}
