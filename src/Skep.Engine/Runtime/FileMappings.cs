using System.Buffers.Binary;
using Skep.Bpf;
using Skep.Bpf.Interop;
using Skep.Engine.Processes;
using Skep.Engine.Records;

namespace Skep.Engine.Runtime;

/// <summary>
/// Programs and libraries as processes map them to be run, with their build ids: the kernel tells by perf events (<c>kernel/events/core.c: perf_event_mmap</c>), without
/// any program of ours. The mappings of a new program come before its execution is complete; the change of name that begins an execution tells whose they are.
/// </summary>
sealed class FileMappings : IDisposable
{
    // enum perf_event_type, and bits of perf_event_header.misc (include/uapi/linux/perf_event.h).
    const uint RecordComm = 3, RecordMapping = 10;
    const ushort NamesBuildId = 1 << 14, NameOfExecution = 1 << 13;
    const ulong SampleThread = 1 << 1;
    const PerfEventFlags Mappings = (PerfEventFlags)((1 << 8) | (1 << 23)), BuildIds = (PerfEventFlags)(1UL << 34), NamesOfExecutions = (PerfEventFlags)((1 << 9) | (1 << 24));
    const int BootClock = 7, PagesPerCpu = 32, MostHeld = 4096, MostExecutions = 65536;
    // { pid, tid, address, length, offset, build id or inode, protection, flags }, then the name; behind it { pid, tid, time }.
    const int BuildIdSizeAt = 32, BuildIdAt = 36, LongestBuildId = 20, NameAt = 64, TrailerSize = 16;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    readonly List<(PerfRingView View, MemoryMapping Mapping, FileDescriptor Event)> _rings = [];
    readonly byte[] _scratch = new byte[1 << 16];
    readonly Dictionary<uint, ulong> _executions = [];
    readonly Queue<(uint Pid, uint Tid, ulong Time, byte[] Path, byte[] BuildId)> _held = [];
    readonly ProcessTree _processes;
    readonly IEngineListener _listener;

    FileMappings(ProcessTree processes, IEngineListener listener) => (_processes, _listener) = (processes, listener);

    /// <summary>Mappings that were told.</summary>
    public long Told { get; private set; }

    /// <summary>Mappings that found no room in the kernel's buffers.</summary>
    public long Lost { get; private set; }

    /// <summary>Starts to listen on all CPUs.</summary>
    /// <exception cref="BpfException">The kernel refuses perf events.</exception>
    public static FileMappings Start(ProcessTree processes, IEngineListener listener)
    {
        var mappings = new FileMappings(processes, listener);
        try
        {
            foreach (var cpu in PossibleCpus.ReadOnline()) mappings.Open(cpu);
            return mappings;
        }
        catch
        {
            mappings.Dispose();
            throw;
        }
    }

    /// <summary>Hands out what has come.</summary>
    public void Read()
    {
        foreach (var (view, _, _) in _rings) Read(view);
        while (_held.TryPeek(out var held))
        {
            var isTooOld = Libc.BootTime > held.Time + (ulong)(s_patience.TotalMilliseconds * 1_000_000);
            if (!TryFind(held.Pid, held.Time, out var process) && !isTooOld && _held.Count < MostHeld) break;
            _held.Dequeue();
            Tell(process, held.Pid, held.Tid, held.Time, held.Path, held.BuildId);
        }
    }

    public void Dispose()
    {
        foreach (var (_, mapping, descriptor) in _rings)
        {
            mapping.Dispose();
            descriptor.Dispose();
        }
        _rings.Clear();
    }

    void Open(int cpu)
    {
        var attr = new PerfEventAttr
        {
            Type = PerfEvent.TypeSoftware, Config = PerfEvent.SoftwareDummy, SamplePeriodOrFrequency = 1, SampleType = SampleThread | PerfEvent.SampleTime,
            Flags = Mappings | BuildIds | NamesOfExecutions | PerfEventFlags.SampleIdAll | PerfEventFlags.UseClockId | PerfEventFlags.Watermark, ClockId = BootClock, WakeupEvents = int.MaxValue,
        };
        var opened = PerfEvent.TryOpen(ref attr, pid: -1, cpu);
        // The CPU went offline after the list was read.
        if (opened == -Errno.ENODEV) return;
        if (opened < 0) throw new BpfSyscallException("listen to mappings of files (perf_event_open)", -opened);
        var descriptor = new FileDescriptor(opened);
        try
        {
            var mapping = MemoryMapping.Shared(descriptor, 0, (nuint)Environment.SystemPageSize * (1 + PagesPerCpu), writable: true, "map the buffer for mappings of files");
            _rings.Add((new PerfRingView(mapping), mapping, descriptor));
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    void Read(PerfRingView view)
    {
        var (position, end) = (view.Tail, view.Head);
        if (end - position > view.Capacity) position = end;
        while (position != end)
        {
            var header = view.Header(position);
            if (header.Size < PerfRecordHeader.Length || header.Size % 8 != 0 || header.Size > end - position)
            {
                position = end;
                break;
            }
            var body = view.Bytes(position + PerfRecordHeader.Length, header.Size - PerfRecordHeader.Length, _scratch);
            switch (header.Type)
            {
                case PerfRecordHeader.Lost when body.Length >= 16:
                    Lost += (long)BinaryPrimitives.ReadUInt64LittleEndian(body[8..]);
                    break;
                case RecordComm when (header.Misc & NameOfExecution) != 0 && body.Length > TrailerSize:
                    if (_executions.Count >= MostExecutions) _executions.Clear();
                    _executions[BinaryPrimitives.ReadUInt32LittleEndian(body)] = BinaryPrimitives.ReadUInt64LittleEndian(body[^8..]);
                    break;
                case RecordMapping when body.Length > NameAt + TrailerSize:
                    Take(body, (header.Misc & NamesBuildId) != 0);
                    break;
            }
            position += header.Size;
        }
        view.Tail = position;
    }

    void Take(ReadOnlySpan<byte> body, bool hasBuildId)
    {
        var path = body[NameAt..^TrailerSize];
        var length = path.IndexOf((byte)0);
        if (length >= 0) path = path[..length];
        // Others have no file: [vdso], //anon.
        if (path.Length < 2 || path[0] != (byte)'/' || path[1] == (byte)'/') return;
        var buildId = hasBuildId ? body.Slice(BuildIdAt, Math.Min((int)body[BuildIdSizeAt], LongestBuildId)) : default;
        var (pid, tid, time) = (BinaryPrimitives.ReadUInt32LittleEndian(body), BinaryPrimitives.ReadUInt32LittleEndian(body[4..]), BinaryPrimitives.ReadUInt64LittleEndian(body[^8..]));
        if (_held.Count == 0 && TryFind(pid, time, out var process)) Tell(process, pid, tid, time, path, buildId);
        else _held.Enqueue((pid, tid, time, path.ToArray(), buildId.ToArray()));
    }

    /// <summary>Whose mapping it is; false while the execution that it is part of has not been told.</summary>
    bool TryFind(uint pid, ulong time, out ProcessInfo? process)
    {
        process = _processes.FindNewest(pid);
        if (_executions.TryGetValue(pid, out var begun) && begun <= time)
        {
            if (process is not null && process.Id.Start >= begun) return true;
            process = null;
            return false;
        }
        if (process is null || process.Id.Start <= time) return true;
        process = _processes.Processes.Where(p => p.Id.Pid == pid && p.Id.Start <= time).MaxBy(p => p.Id.Start);
        return true;
    }

    void Tell(ProcessInfo? process, uint pid, uint tid, ulong time, ReadOnlySpan<byte> path, ReadOnlySpan<byte> buildId)
    {
        Told++;
        _listener.OnMapping(new FileMapping { Process = process, Pid = pid, Tid = tid, Time = time, Path = path, BuildId = buildId });
    }
}
