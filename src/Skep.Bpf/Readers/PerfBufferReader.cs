using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Reads what programs give to <c>bpf_perf_event_output</c>: one ring for each online CPU. For new code a ring buffer is better in every respect;
/// perf buffers work on kernels before 5.8. One thread at a time may read; <see cref="Wake"/> and <see cref="Dispose"/> may be called from any.
/// Requires at least Linux 4.4.
/// </summary>
public sealed class PerfBufferReader : IDisposable
{
    readonly BpfMap _map;
    readonly List<PerfRing> _rings = [];
    readonly Epoll _epoll = new();
    readonly Lock _gate = new();
    readonly TimeSpan? _window;
    long _records;
    volatile bool _disposing;
    int _disposeCalls;
    bool _released, _heldBack;

    /// <summary>Opens a ring on each online CPU and puts them into the map.</summary>
    /// <param name="map">A map of type <see cref="MapType.PerfEventArray"/>, which must stay open.</param>
    /// <param name="options">Sizes and wake-ups.</param>
    /// <exception cref="BpfSyscallException">The kernel refused to open an event or to map a ring.</exception>
    public PerfBufferReader(BpfMap map, PerfBufferOptions? options = null)
    {
        TypeSizes.CheckType(map, MapType.PerfEventArray);
        options ??= new PerfBufferOptions();
        if (!BitOperations.IsPow2(options.PagesPerCpu)) throw new ArgumentException("the pages per CPU must be a power of two", nameof(options));
        (_map, _window) = (map, options.OrderingWindow);
        try
        {
            foreach (var cpu in PossibleCpus.ReadOnline())
            {
                if (cpu < map.MaxEntries) Open(cpu, options);
            }
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>What was seen so far, on all CPUs together.</summary>
    public RingStatistics Statistics
    {
        get
        {
            var (lost, corrupt) = (0L, 0L);
            foreach (var ring in _rings) (lost, corrupt) = (lost + ring.Lost, corrupt + ring.Corrupt);
            return new RingStatistics(_records, Discarded: 0, lost, corrupt);
        }
    }

    /// <summary>Waits for a wake-up or the end of the time, then hands out what is in all rings. Returns the number of records.</summary>
    /// <param name="handler">Takes the records.</param>
    /// <param name="timeout">Negative waits for ever. Before Linux 5.11 it is rounded up to milliseconds.</param>
    /// <exception cref="BpfFormatException">A ring's content made no sense; it was skipped and reading may go on.</exception>
    public int Poll(PerfRecordHandler handler, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var adapter = new DelegateHandler(handler);
        return Poll(ref adapter, timeout);
    }

    /// <inheritdoc cref="Poll(PerfRecordHandler, TimeSpan)"/>
    public int Poll<THandler>(ref THandler handler, TimeSpan timeout) where THandler : IPerfRecordHandler, allows ref struct
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing, this);
            try
            {
                // Records that are held back make no wake-up of their own.
                if (_heldBack && _window is { } window && (timeout < TimeSpan.Zero || timeout > window)) timeout = window;
                Span<int> tags = stackalloc int[32];
                var ready = _epoll.Wait(tags, timeout);
                if (tags[..ready].Contains(Epoll.Bell) && !_disposing) _epoll.Silence();
                if (_disposing) return 0;
                return _window is null ? ConsumeInTurn(ref handler) : ConsumeInOrder(ref handler, _window.Value);
            }
            finally
            {
                if (_disposing) Release();
            }
        }
    }

    /// <summary>Ends the present or the next waiting of <see cref="Poll(PerfRecordHandler, TimeSpan)"/> early.</summary>
    public void Wake()
    {
        try
        {
            if (!_disposing) _epoll.Ring();
        }
        catch (ObjectDisposedException)
        {
            // Closed in between: there is nobody left to wake.
        }
    }

    /// <summary>Takes the rings out of the map and closes them; a poll that waits on another thread ends first.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposeCalls, 1) != 0) return;
        _disposing = true;
        if (_gate.IsHeldByCurrentThread) return;
        _epoll.Ring();
        lock (_gate) Release();
    }

    int ConsumeInTurn<THandler>(ref THandler handler) where THandler : IPerfRecordHandler, allows ref struct
    {
        var count = 0;
        foreach (var ring in _rings)
        {
            ring.Begin();
            while (!_disposing && ring.TryPeek(out _, out var record, out var size))
            {
                handler.Handle(ring.Cpu, record);
                ring.Advance(size);
                _records++;
                count++;
            }
            Finish(ring, ref handler);
        }
        return count;
    }

    /// <summary>
    /// Merges the rings by time. Everything older than the window is complete on all CPUs: a program takes the time and writes the record
    /// within microseconds, without being preempted by user space. What is younger waits for the next call.
    /// </summary>
    int ConsumeInOrder<THandler>(ref THandler handler, TimeSpan window) where THandler : IPerfRecordHandler, allows ref struct
    {
        // CLOCK_MONOTONIC in nanoseconds, which the events were told to use as well.
        var limit = (ulong)(Stopwatch.GetTimestamp() - (long)(window.TotalSeconds * Stopwatch.Frequency));
        foreach (var ring in _rings) ring.Begin();
        _heldBack = false;
        var count = 0;
        while (!_disposing)
        {
            PerfRing? oldest = null;
            var oldestTime = ulong.MaxValue;
            foreach (var ring in _rings)
            {
                if (ring.TryPeek(out var time, out _, out _) && time < oldestTime) (oldest, oldestTime) = (ring, time);
            }
            if (oldest is null) break;
            if (oldestTime > limit)
            {
                _heldBack = true;
                break;
            }
            oldest.TryPeek(out _, out var record, out var size);
            handler.Handle(oldest.Cpu, record);
            oldest.Advance(size);
            _records++;
            count++;
        }
        foreach (var ring in _rings) Finish(ring, ref handler);
        return count;
    }

    static void Finish<THandler>(PerfRing ring, ref THandler handler) where THandler : IPerfRecordHandler, allows ref struct
    {
        ring.Commit();
        if (ring.NewlyLost == 0) return;
        var lost = ring.NewlyLost;
        ring.NewlyLost = 0;
        handler.Lost(ring.Cpu, lost);
    }

    void Open(int cpu, PerfBufferOptions options)
    {
        var operation = $"open the perf ring of CPU {cpu} for map '{_map.Name}'";
        var attr = new PerfEventAttr
        {
            Type = PerfEvent.TypeSoftware,
            Config = PerfEvent.SoftwareBpfOutput,
            SamplePeriodOrFrequency = 1,
            SampleType = PerfEvent.SampleRaw | (_window is null ? 0 : PerfEvent.SampleTime),
            WakeupEvents = (uint)(options.WakeupBytes > 0 ? options.WakeupBytes : options.WakeupEvents),
            Flags = (options.WakeupBytes > 0 ? PerfEventFlags.Watermark : 0) | (_window is null ? 0 : PerfEventFlags.UseClockId),
            ClockId = _window is null ? 0 : 1, // CLOCK_MONOTONIC
        };
        var fd = PerfEvent.TryOpen(ref attr, pid: -1, cpu);
        // The CPU went offline after the list was read.
        if (fd == -Errno.ENODEV) return;
        if (fd < 0) throw new BpfSyscallException(operation, -fd);
        var descriptor = new FileDescriptor(fd);
        MemoryMapping? mapping = null;
        try
        {
            var page = (nuint)Environment.SystemPageSize;
            mapping = MemoryMapping.Shared(descriptor, 0, page * (1 + (nuint)options.PagesPerCpu), writable: true, operation);
            _map.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in cpu)), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)));
            _epoll.Add(descriptor, _rings.Count, Libc.EPOLLIN);
            PerfEvent.Enable(descriptor);
            _rings.Add(new PerfRing(cpu, new PerfRingView(mapping), timed: _window is not null, mapping, descriptor));
        }
        catch
        {
            mapping?.Dispose();
            descriptor.Dispose();
            throw;
        }
    }

    void Release()
    {
        if (_released) return;
        _released = true;
        foreach (var ring in _rings)
        {
            var cpu = ring.Cpu;
            if (!_map.Fd.IsClosed) MapCalls.Delete(_map.Fd, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in cpu)));
            ring.Dispose();
        }
        _epoll.Dispose();
    }

    readonly struct DelegateHandler(PerfRecordHandler handler) : IPerfRecordHandler
    {
        public void Handle(int cpu, ReadOnlySpan<byte> record) => handler(cpu, record);
    }
}
