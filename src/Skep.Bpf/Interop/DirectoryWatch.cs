using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>Waits for changes of files and directories (inotify). One thread uses it; any may <see cref="Wake"/> it.</summary>
sealed unsafe class DirectoryWatch : IDisposable
{
    const uint EntriesMask = Libc.IN_MOVED_FROM | Libc.IN_MOVED_TO | Libc.IN_CREATE | Libc.IN_DELETE | Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF | Libc.IN_MASK_ADD;
    const uint ContentsMask = EntriesMask | Libc.IN_MODIFY | Libc.IN_ATTRIB | Libc.IN_CLOSE_WRITE;

    const int EventSize = 16;

    readonly FileDescriptor _inotify = Libc.OwnedFd(Libc.InotifyCreate(Libc.IN_NONBLOCK | Libc.IN_CLOEXEC), "create inotify");
    readonly Epoll _epoll = new();
    /// <summary>The names that matter in each watched directory; null for all.</summary>
    readonly Dictionary<int, HashSet<string>?> _names = [];
    readonly byte[] _buffer = new byte[16 * 1024];

    public DirectoryWatch() => _epoll.Add(_inotify, 0, Libc.EPOLLIN);

    /// <summary>Watches these and no others. What does not exist is passed over; the result is what exists and cannot be watched.</summary>
    /// <param name="places">Files, and directories: of null with all that happens to what is in them, else the names of entries that may come and go.</param>
    public IReadOnlyList<string> Set(IReadOnlyDictionary<string, HashSet<string>?> places)
    {
        var failed = new List<string>();
        var wanted = new Dictionary<int, HashSet<string>?>();
        foreach (var (place, names) in places)
        {
            // Of a directory that is watched, by whatever path, the number is the same.
            var watch = Libc.InotifyAdd(_inotify.Value, place, names is null ? ContentsMask : EntriesMask);
            if (watch < 0)
            {
                if (Marshal.GetLastPInvokeError() is not (Errno.ENOENT or Errno.ENOTDIR)) failed.Add(place);
            }
            else if (!wanted.TryGetValue(watch, out var others)) wanted[watch] = names is null ? null : [.. names];
            else if (names is null || others is null) wanted[watch] = null;
            else others.UnionWith(names);
        }
        foreach (var former in _names.Keys.Where(w => !wanted.ContainsKey(w))) _ = Libc.InotifyRemove(_inotify.Value, former);
        _names.Clear();
        foreach (var (watch, names) in wanted) _names[watch] = names;
        return failed;
    }

    /// <summary>Waits; whether something that matters happened before the time was over.</summary>
    public bool Wait(TimeSpan timeout)
    {
        Span<int> tags = stackalloc int[2];
        return _epoll.Wait(tags, timeout) > 0 && Take();
    }

    /// <summary>Ends a wait and all later ones, for an end; from any thread.</summary>
    public void Wake() => _epoll.Ring();

    public void Dispose()
    {
        _epoll.Dispose();
        _inotify.Dispose();
    }

    bool Take()
    {
        var matters = false;
        while (true)
        {
            nint length;
            fixed (byte* buffer = _buffer) length = Libc.Read(_inotify.Value, buffer, (nuint)_buffer.Length);
            if (length <= 0) return matters;
            for (var at = 0; at + EventSize <= length;)
            {
                var entry = _buffer.AsSpan(at);
                var (watch, mask, named) = (BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt32LittleEndian(entry[12..]));
                matters |= Matters(watch, mask, entry.Slice(EventSize, named));
                at += EventSize + named;
            }
        }
    }

    bool Matters(int watch, uint mask, ReadOnlySpan<byte> name)
    {
        if ((mask & Libc.IN_Q_OVERFLOW) != 0) return true;
        if (!_names.TryGetValue(watch, out var names)) return false;
        if (names is null || (mask & (Libc.IN_DELETE_SELF | Libc.IN_MOVE_SELF)) != 0) return true;
        var end = name.IndexOf((byte)0);
        return names.Contains(Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
    }
}
