using System.Diagnostics;
using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Engine.Runtime;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>The engine's object, loaded for a test, alone or linked with generated programs, and what it sent.</summary>
sealed class KernelSide : IDisposable
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    readonly List<BpfLink> _links = [];
    readonly RingBufferReader _reader = new();
    readonly Lock _lock = new();

    public BpfObject Object { get; }

    /// <summary>Every record, in the order of its arrival.</summary>
    public List<byte[]> Records { get; } = [];

    public KernelSide(ObjectSpec? generated = null, Control? control = null, int ringSize = 16 << 20)
    {
        var spec = Spec();
        if (generated is not null) spec = new ObjectLinker("engine").Add(spec).Add(generated).Link();
        spec.Maps["events"].MaxEntries = (uint)ringSize;
        Object = BpfObject.Load(spec);
        SetControl(control ?? new Control { Generation = 1, ArgumentLimit = 2 << 20, EnvironmentLimit = 2 << 20 });
        _reader.Add(Object.Maps["events"], record => Records.Add(record.ToArray()));
    }

    /// <summary>The object as it was compiled, with maps of the machine's size.</summary>
    public static ObjectSpec Spec()
    {
        using var stream = typeof(Skep.Engine.Rules.Rule).Assembly.GetManifestResourceStream("engine.bpf.o")!;
        var data = new byte[stream.Length];
        stream.ReadExactly(data);
        var spec = ObjectSpec.Parse(data, "engine");
        var cpus = (uint)PossibleCpus();
        spec.Maps["slots"].MaxEntries = cpus * 4;
        spec.Maps["slot_use"].MaxEntries = cpus;
        // Loaded only where a policy wants them, and refused where there are no trampolines.
        foreach (var program in spec.Programs.Values) program.AutoLoad = !DigestProgram.Is(program.Name);
        return spec;
    }

    static int PossibleCpus()
    {
        var last = File.ReadAllText("/sys/devices/system/cpu/possible").Trim().Split(',', '-')[^1];
        return int.Parse(last) + 1;
    }

    public void SetControl(Control control) => Object.Maps["control"].Update(BitConverter.GetBytes(0), MemoryMarshal.AsBytes(new ReadOnlySpan<Control>(in control)));

    /// <summary>Attaches the process sensor.</summary>
    public KernelSide Watch()
    {
        foreach (var name in (string[])["process_fork", "process_exec", "process_exit"]) Attach(name);
        return this;
    }

    public void Attach(string program) => _links.Add(Object.Programs[program].Attach());

    /// <summary>Reads what has come; waits until there is what is asked for.</summary>
    public void Until(Func<bool> done)
    {
        lock (_lock)
        {
            var started = Stopwatch.GetTimestamp();
            _reader.Consume();
            while (!done())
            {
                if (Stopwatch.GetElapsedTime(started) > s_limit) throw new TimeoutException($"{Records.Count} records, but not the one waited for");
                Thread.Sleep(5);
                _reader.Consume();
            }
        }
    }

    public IEnumerable<(RecordLayouts.Header Header, byte[] Bytes)> OfKind(ushort kind) =>
        Records.Select(bytes => (Header: MemoryMarshal.Read<RecordLayouts.Header>(bytes), Bytes: bytes)).Where(record => record.Header.Kind == kind);

    /// <summary>The executions of a process, in order.</summary>
    public List<ExecutionRecord> Executions(int pid)
    {
        var executions = new List<ExecutionRecord>();
        foreach (var bytes in Records)
        {
            var header = MemoryMarshal.Read<RecordLayouts.Header>(bytes);
            if (header.Pid != pid) continue;
            if (header.Kind == RecordLayouts.Exec) executions.Add(new ExecutionRecord(bytes));
            if (header.Kind == RecordLayouts.More) executions[^1].Add(bytes);
        }
        return executions;
    }

    public bool HasEnded(int pid) => OfKind(RecordLayouts.Exit).Any(record => record.Header.Pid == pid);

    /// <summary>The sensor's counters, of all CPUs: runs, sent, lost in the ring, lost for want of a slot.</summary>
    public (ulong Hits, ulong Sent, ulong LostRing, ulong LostSlot) Counters(uint hook = 0)
    {
        return (Counter(hook, 0), Counter(hook, 1), Counter(hook, 2), Counter(hook, 3));
    }

    /// <summary>One of a program's counters, of all CPUs.</summary>
    public ulong Counter(uint hook, int field)
    {
        var size = (int)Object.Maps["counters"].ValueSize;
        var buffer = new byte[size * PossibleCpus()];
        Object.Maps["counters"].TryLookup(BitConverter.GetBytes(hook), buffer);
        return Enumerable.Range(0, buffer.Length / size).Aggregate(0ul, (sum, cpu) => sum + BitConverter.ToUInt64(buffer, (cpu * size) + (field * 8)));
    }

    public void Dispose()
    {
        foreach (var link in _links) link.Dispose();
        _reader.Dispose();
        Object.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Control
    {
        public uint Generation, Flags, AgentPid, ArgumentLimit, EnvironmentLimit, Layout;
        public ulong Plan;
    }
}
