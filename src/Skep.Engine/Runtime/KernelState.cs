using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Interop;
using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>
/// What outlives a change of policies, and with a pin directory the agent itself: the ring, the records of processes, the working memory, the
/// settings, and the gates at the hooks.
/// </summary>
sealed class KernelState : IDisposable
{
    /// <summary>Members of <c>struct control</c>, in words.</summary>
    const int GenerationWord = 0, FlagsWord = 1, AgentWord = 2, ArgumentsWord = 3, EnvironmentWord = 4, LayoutWord = 5, PlanWord = 6, ControlWords = 8;

    const uint SlotsPerCpu = 4;
    const string ListProgram = "list_processes", GateDirectory = "hooks", ReplacedSuffix = "_replaced";

    static readonly string[] s_shared = ["events", "slots", "slot_use", "processes", "departed", "calls", "user_calls", "notices", "digests_wanted", "control", "limits", "socket_owners", "atoms"];

    /// <summary>What belongs to one generation and yet is pinned, for the next agent.</summary>
    static readonly string[] s_ofGeneration = ["counters", "policies"];

    readonly BpfObject _object;
    readonly Dictionary<string, HookGate> _gates = new(StringComparer.Ordinal);
    /// <summary>Runs that the kernel left out, by hook, of gates that are no more.</summary>
    readonly Dictionary<string, long> _missed = new(StringComparer.Ordinal);
    readonly string? _directory;
    readonly AgentLock? _lock;
    readonly uint _layout;

    KernelState(BpfObject loaded, EngineOptions options, string? directory, AgentLock? held, KernelLayout layout, bool isTakenOver)
    {
        (_object, _directory, _lock, _layout, IsTakenOver) = (loaded, directory, held, MarkOf(layout, options), isTakenOver);
        LongestRecord = layout.BodySize;
        Maps = s_shared.ToDictionary(name => name, name => loaded.Maps[name]);
        Atoms = new AtomTable(Maps["atoms"]);
    }

    /// <summary>The maps that all generations share.</summary>
    public IReadOnlyDictionary<string, BpfMap> Maps { get; }

    /// <summary>Bytes of the longest record that programs send.</summary>
    public int LongestRecord { get; }

    /// <summary>Whether another agent made it, whose programs are in force.</summary>
    public bool IsTakenOver { get; }

    /// <summary>The number of the generation in force; 0 for none.</summary>
    public uint GenerationInForce => Control()[GenerationWord];

    /// <summary>What the records mean of the generation in force; see <see cref="GenerationPlan.Fingerprint"/>.</summary>
    public ulong PlanInForce => MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(Control().AsSpan(PlanWord)));

    /// <summary>What the bits of processes mean.</summary>
    public AtomTable Atoms { get; }

    /// <summary>The gates by name.</summary>
    public IReadOnlyDictionary<string, HookGate> Gates => _gates;

    /// <summary>Makes it, or takes over what another agent left in the pin directory.</summary>
    /// <exception cref="BpfException">The kernel refuses a map, the pin directory is not in a BPF file system, or another agent uses it.</exception>
    public static KernelState Open(EngineOptions options)
    {
        if (options.PinDirectory is not { } directory) return Create(options, null, null);
        var held = AgentLock.Take(directory);
        try
        {
            Prepare(directory);
            // Left by an agent that ended while it replaced another one.
            RemovePins(directory + ReplacedSuffix);
            return TakeOver(options, directory, held) ?? Create(options, directory, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Removes everything that agents pinned; false when there was nothing.</summary>
    public static bool Remove(string directory)
    {
        using var held = AgentLock.Take(directory);
        Silence(directory);
        var hadPins = RemovePins(directory + ReplacedSuffix) | RemovePins(directory);
        held.Remove();
        return hadPins;
    }

    /// <summary>Sizes that the machine and the options decide, or the maps that are there already.</summary>
    public static void SetSizes(ObjectSpec spec, EngineOptions options, IReadOnlyDictionary<string, BpfMap>? present)
    {
        var cpus = (uint)PossibleCpus.Count;
        spec.Maps["events"].MaxEntries = (uint)options.RingSize;
        spec.Maps["slots"].MaxEntries = cpus * SlotsPerCpu;
        spec.Maps["slot_use"].MaxEntries = cpus;
        foreach (var (name, map) in present ?? new Dictionary<string, BpfMap>()) spec.Maps[name].MaxEntries = map.MaxEntries;
    }

    /// <summary>Whether a map outlives a change of policies.</summary>
    public static bool IsShared(string map) => s_shared.Contains(map);

    /// <summary>Whether the object's program is one that user space runs, and not attached at a hook.</summary>
    public static bool IsRead(string program) => program == ListProgram;

    /// <summary>Whether the object's program is attached by itself, where a policy wants it.</summary>
    public static bool IsApart(string program) => IsRead(program) || DigestProgram.Is(program);

    /// <summary>The gate of that name, attached if there is none yet.</summary>
    public HookGate GateAt(PlannedGate planned)
    {
        if (!_gates.TryGetValue(planned.Name, out var gate))
        {
            var pin = _directory is null ? null : Path.Combine(_directory, GateDirectory, PinName(planned.Name));
            gate = _gates[planned.Name] = planned.AddsDigests ? HookGate.AttachDigests(planned, Maps, pin) : HookGate.Attach(planned, Maps["control"], pin);
        }
        gate.Hook = planned.Hook;
        return gate;
    }

    /// <summary>Takes off the gates behind which a generation has nothing.</summary>
    public void RemoveGatesWithout(uint generation)
    {
        foreach (var (name, gate) in _gates.ToList())
        {
            if (gate.Has(generation)) continue;
            CountMissed(gate.Hook, gate.Missed);
            gate.Remove();
            _gates.Remove(name);
        }
    }

    /// <summary>Runs that the kernel left out, by hook: of the gates that there are, and of those that were.</summary>
    public IEnumerable<HookStatistics> Missed() => _missed.Concat(_gates.Values.Select(gate => KeyValuePair.Create(gate.Hook, gate.Missed)))
        .Where(m => m.Value > 0).Select(m => new HookStatistics(m.Key, 0, 0, 0, 0, 0, 0, 0, m.Value));

    /// <summary>Pins the maps of a generation, so that the next agent finds what was lost and can switch policies.</summary>
    public void Pin(uint generation, IReadOnlyDictionary<string, BpfMap> maps)
    {
        if (_directory is null) return;
        foreach (var name in s_ofGeneration)
        {
            var path = PathOf(name, generation);
            // Of a generation that was never in force.
            BpfFileSystem.Unpin(path);
            maps[name].Pin(path);
        }
    }

    /// <summary>Removes the pins of every generation but one.</summary>
    public void UnpinAllBut(uint generation)
    {
        if (_directory is null) return;
        foreach (var name in s_ofGeneration)
        {
            foreach (var file in Directory.GetFiles(_directory, name + "_*"))
            {
                if (file != PathOf(name, generation)) BpfFileSystem.Unpin(file);
            }
        }
        RemovePins(_directory + ReplacedSuffix);
    }

    /// <summary>The counters of the generation in force, if another agent left them.</summary>
    public BpfMap? FormerCounters()
    {
        var path = _directory is null ? null : PathOf("counters", GenerationInForce);
        return path is not null && File.Exists(path) ? BpfMap.FromPin(path) : null;
    }

    /// <summary>Puts a generation in force, with one store.</summary>
    public void Activate(uint generation, ulong plan, EngineOptions options)
    {
        Span<uint> words = stackalloc uint[ControlWords];
        words.Clear();
        words[GenerationWord] = generation;
        words[FlagsWord] = options.EnvironmentLimit > 0 ? 1u : 0;
        words[AgentWord] = (uint)Environment.ProcessId;
        words[ArgumentsWord] = (uint)options.ArgumentLimit;
        words[EnvironmentWord] = (uint)options.EnvironmentLimit;
        words[LayoutWord] = _layout;
        MemoryMarshal.Write(MemoryMarshal.AsBytes(words)[(PlanWord * sizeof(uint))..], plan);
        Maps["control"].Update(BitConverter.GetBytes(0), MemoryMarshal.AsBytes(words));
    }

    /// <summary>The processes that the kernel has records of, by pid.</summary>
    public Dictionary<uint, ListedProcess> ListProcesses()
    {
        using var link = IteratorLink.Attach(_object.Programs[ListProgram]);
        using var stream = link.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var listed = new Dictionary<uint, ListedProcess>();
        foreach (var process in MemoryMarshal.Cast<byte, ListedProcess>(bytes.GetBuffer().AsSpan(0, (int)bytes.Length))) listed[process.Pid] = process;
        return listed;
    }

    /// <summary>What the kernel's record of a running process says of its identity and its parent; null when there is none.</summary>
    public ListedProcess? ProcessOf(uint pid)
    {
        try
        {
            using var owner = StorageOwner.Process((int)pid);
            var map = Maps["processes"];
            var record = new byte[map.UserValueSize];
            // struct process begins as struct listed_process.
            return map.TryLookup(BitConverter.GetBytes(owner.Fd.Value), record) && MemoryMarshal.Read<ListedProcess>(record) is { Pid: > 0 } process ? process : null;
        }
        catch (BpfException)
        {
            // It ended.
            return null;
        }
    }

    /// <summary>Detaches everything, pinned or not.</summary>
    public void Detach()
    {
        foreach (var gate in _gates.Values) gate.Remove();
        _gates.Clear();
        if (_directory is not null) RemovePins(_directory);
    }

    /// <summary>Lets go of it: what is pinned works on.</summary>
    public void Dispose()
    {
        foreach (var gate in _gates.Values) gate.Dispose();
        _object.Dispose();
        _lock?.Dispose();
    }

    static KernelState Create(EngineOptions options, string? directory, AgentLock? held)
    {
        var (loaded, layout) = Load(options, null);
        var state = new KernelState(loaded!, options, directory, held, layout, isTakenOver: false);
        try
        {
            if (directory is null) return state;
            Directory.CreateDirectory(Path.Combine(directory, GateDirectory));
            state.Activate(0, 0, options);
            foreach (var (name, map) in state.Maps) map.Pin(Path.Combine(directory, name));
            return state;
        }
        catch
        {
            loaded!.Dispose();
            throw;
        }
    }

    static KernelState? TakeOver(EngineOptions options, string directory, AgentLock held)
    {
        if (!Directory.Exists(directory)) return null;
        var pinned = new Dictionary<string, BpfMap>();
        try
        {
            foreach (var name in s_shared)
            {
                var path = Path.Combine(directory, name);
                if (File.Exists(path)) pinned.Add(name, BpfMap.FromPin(path));
            }
            if (pinned.Count == s_shared.Length && Load(options, pinned) is { Object: { } loaded, Layout: { } layout })
            {
                var state = new KernelState(loaded, options, directory, held, layout, isTakenOver: true);
                state.OpenGates();
                return state;
            }
        }
        finally
        {
            foreach (var map in pinned.Values) map.Dispose();
        }
        // Its programs go on until ours are in force.
        Directory.Move(directory, directory + ReplacedSuffix);
        return null;
    }

    /// <summary>What another agent's maps must have been made with. Ids of control groups mean nothing in another hierarchy.</summary>
    static uint MarkOf(KernelLayout layout, EngineOptions options) => layout.Fingerprint ^ (options.Hierarchy?.Number ?? 0);

    /// <summary>Loads the maps; with another agent's maps nothing when those are not like ours.</summary>
    static (BpfObject? Object, KernelLayout Layout) Load(EngineOptions options, Dictionary<string, BpfMap>? pinned)
    {
        var spec = KernelObjects.Engine();
        var layout = new KernelLayout(spec.Btf!);
        SetSizes(spec, options, pinned);
        foreach (var name in (string[])[.. s_ofGeneration, "workloads", "rule_counters"]) spec.Maps[name].AutoCreate = false;
        foreach (var program in spec.Programs.Values) program.AutoLoad = IsRead(program.Name);
        if (pinned is null) return (BpfObject.Load(spec), layout);
        var fits = s_shared.All(name => (pinned[name].Type, pinned[name].KeySize, pinned[name].ValueSize) == (spec.Maps[name].Type, spec.Maps[name].KeySize, spec.Maps[name].ValueSize))
            && pinned["slot_use"].MaxEntries == (uint)PossibleCpus.Count && Control(pinned["control"])[LayoutWord] == MarkOf(layout, options);
        return fits ? (BpfObject.Load(spec, new LoadOptions { ReplacementMaps = pinned }), layout) : (null, layout);
    }

    void OpenGates()
    {
        var next = GenerationInForce + 1;
        foreach (var pin in HookGate.FindPins(Path.Combine(_directory!, GateDirectory)))
        {
            if (HookGate.Open(pin) is not { } gate) continue;
            _gates[Uri.UnescapeDataString(Path.GetFileName(pin))] = gate;
            CountMissed(HookStatistics.FormerAgent, gate.FormerlyMissed);
            // Its agent ended while it loaded the next generation, or before it had cleared away the last one.
            gate.Clear(next);
        }
    }

    void CountMissed(string hook, long missed) => _missed[hook] = _missed.GetValueOrDefault(hook) + missed;

    uint[] Control() => Control(Maps["control"]);

    static uint[] Control(BpfMap control)
    {
        var words = new uint[ControlWords];
        control.TryLookup(BitConverter.GetBytes(0), MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }

    string PathOf(string map, uint generation) => Path.Combine(_directory!, $"{map}_{generation}");

    /// <summary>kernel/bpf/inode.c: bpf_lookup keeps names with dots for itself.</summary>
    static string PinName(string name) => Uri.EscapeDataString(name).Replace(".", "%2E", StringComparison.Ordinal);

    static void Prepare(string directory)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(directory)) ?? "/";
        if (!BpfFileSystem.Contains(parent) && parent.StartsWith(BpfFileSystem.DefaultPath, StringComparison.Ordinal)) BpfFileSystem.EnsureMounted();
        if (!BpfFileSystem.Contains(parent)) throw new BpfException($"cannot pin in {directory}: {parent} is not in a BPF file system (mount -t bpf bpf {BpfFileSystem.DefaultPath})");
    }

    /// <summary>The kernel detaches links a moment after the last pin of them is gone; nothing runs behind an empty gate.</summary>
    static void Silence(string directory)
    {
        var gates = Path.Combine(directory, GateDirectory);
        if (!Directory.Exists(gates)) return;
        foreach (var pin in HookGate.FindPins(gates))
        {
            using var gate = HookGate.Open(pin);
            gate?.Clear(0);
            gate?.Clear(1);
        }
    }

    static bool RemovePins(string directory)
    {
        if (!Directory.Exists(directory)) return false;
        Directory.Delete(directory, recursive: true);
        return true;
    }
}
