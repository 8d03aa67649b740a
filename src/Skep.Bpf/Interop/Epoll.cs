using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>A set of descriptors to wait for, and a bell that ends the waiting from another thread.</summary>
sealed unsafe class Epoll : IDisposable
{
    /// <summary>The tag that <see cref="Wait"/> reports when the bell was rung.</summary>
    public const int Bell = -1;

    const int MaxEvents = 32;

    // struct epoll_event is packed on x86-64 alone (include/uapi/linux/eventpoll.h: EPOLL_PACKED).
    static readonly int s_tagOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    static readonly int s_eventSize = s_tagOffset + 8;

    readonly FileDescriptor _epoll, _bell;

    public Epoll()
    {
        _epoll = Libc.OwnedFd(Libc.EpollCreate(Libc.EPOLL_CLOEXEC), "create epoll");
        _bell = Libc.OwnedFd(Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "create eventfd");
        Add(_bell, Bell, Libc.EPOLLIN);
    }

    /// <summary>Waits for a descriptor too; <paramref name="tag"/> is what <see cref="Wait"/> reports.</summary>
    public void Add(FileDescriptor fd, int tag, uint events)
    {
        var change = stackalloc byte[s_eventSize];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(change, 4), events);
        BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(change + s_tagOffset, 4), tag);
        Libc.Check(Libc.EpollControl(_epoll.Value, Libc.EPOLL_CTL_ADD, fd.Value, change), "add to epoll");
    }

    /// <summary>Waits, and stores the tags of what is ready; a negative timeout waits for ever, an interrupting signal counts as the timeout.</summary>
    public int Wait(Span<int> tags, TimeSpan timeout)
    {
        var events = stackalloc byte[MaxEvents * s_eventSize];
        var count = Libc.EpollWait(_epoll, events, Math.Min(tags.Length, MaxEvents), timeout);
        if (count < 0) return count == -Errno.EINTR ? 0 : throw new BpfSyscallException("wait for events", -count);
        for (var i = 0; i < count; i++) tags[i] = BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(events + i * s_eventSize + s_tagOffset, 4));
        return count;
    }

    /// <summary>Makes every present and later <see cref="Wait"/> return, until <see cref="Silence"/>.</summary>
    public void Ring()
    {
        var one = 1ul;
        _ = Libc.Write(_bell.Value, &one, sizeof(ulong));
    }

    /// <summary>Takes back what was rung.</summary>
    public void Silence()
    {
        ulong count;
        _ = Libc.Read(_bell.Value, &count, sizeof(ulong));
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _bell.Dispose();
    }
}
