using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>
/// What is attached at a hook, for as long as any generation has a program there: it reads which generation is in force and jumps into that
/// one's program. So one store switches all hooks, and an event that comes meanwhile meets one of the two generations, whichever, but neither both
/// nor none.
/// </summary>
sealed class HookGate : IDisposable
{
    /// <summary>What the kernel calls a gate's program and its table.</summary>
    public const string ProgramName = "skep_gate", SlotsName = "skep_gate_slots";

    const string LinkSuffix = "_link", SlotsSuffix = "_slots";

    readonly BpfObject? _object;
    readonly BpfProgram _program;
    readonly BpfLink _link;
    readonly ProgArray _slots;
    readonly string? _pin;

    HookGate(BpfObject? owner, BpfProgram program, BpfLink link, BpfMap slots, string? pin) => (_object, _program, _link, _slots, _pin) = (owner, program, link, new ProgArray(slots), pin);

    /// <summary>The hook that it is for, as statistics name it; that of the former agent until a generation of this one comes behind it.</summary>
    public string Hook { get; set; } = HookStatistics.FormerAgent;

    /// <summary>Runs that the kernel left out while the agent before was in charge.</summary>
    public long FormerlyMissed { get; private init; }

    /// <summary>Runs that it left out since.</summary>
    public long Missed => _program.ReadMissed() + _link.ReadMissed() - FormerlyMissed;

    /// <summary>Attaches a gate with nothing behind it.</summary>
    /// <param name="planned">Where.</param>
    /// <param name="control">The map that says which generation is in force.</param>
    /// <param name="pin">Path in a BPF file system under which it outlives this process; null to end with it.</param>
    public static HookGate Attach(PlannedGate planned, BpfMap control, string? pin)
    {
        var loaded = Load(planned, control);
        return Attach(planned, loaded, loaded.Programs[ProgramName], loaded.Maps[SlotsName], pin);
    }

    /// <summary>Attaches the program that adds digests; what is put behind it only says that it is needed.</summary>
    /// <param name="planned">Where.</param>
    /// <param name="shared">The maps that it writes to.</param>
    /// <param name="pin">As above.</param>
    public static HookGate AttachDigests(PlannedGate planned, IReadOnlyDictionary<string, BpfMap> shared, string? pin)
    {
        var (loaded, program) = DigestProgram.Load(planned.Section, shared);
        return Attach(planned, loaded, program, BpfMap.Create(new MapSpec { Name = SlotsName, Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 2 }), pin);
    }

    static BpfObject Load(PlannedGate planned, BpfMap control)
    {
        var builder = new ObjectBuilder("skep_gate") { License = "Dual BSD/GPL" };
        builder.AddMap(new MapSpec { Name = "control", Type = control.Type, KeySize = control.KeySize, ValueSize = control.ValueSize, MaxEntries = control.MaxEntries, Flags = control.Flags });
        builder.AddMap(new MapSpec { Name = SlotsName, Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 2 });
        builder.AddProgram(planned.Section, ProgramName, code =>
        {
            var zero = code.Stack(4);
            using (code.Lookup("control", zero, out var settings)) code.TailCall(SlotsName, code.Load(ScalarType.U32, settings, 0, "generation") & 1);
            code.Return(0);
        });
        return BpfObject.Load(builder.Build(), new LoadOptions { ReplacementMaps = new Dictionary<string, BpfMap> { ["control"] = control } });
    }

    static HookGate Attach(PlannedGate planned, BpfObject loaded, BpfProgram program, BpfMap slots, string? pin)
    {
        BpfLink? link = null;
        try
        {
            link = planned.Places is { } places ? places.Attach(program, planned.First)
                : planned.Functions.Count == 0 ? program.Attach()
                : KprobeMultiLink.Attach(program, new KprobeMultiOptions { Symbols = planned.Functions, Cookies = [.. Enumerable.Range(0, planned.Functions.Count).Select(i => (ulong)i)] });
            if (pin is not null)
            {
                // The link last: without it, what a crash left behind is known to be incomplete.
                slots.Pin(pin + SlotsSuffix);
                link.Pin(pin + LinkSuffix);
            }
            return new HookGate(loaded, program, link, slots, pin);
        }
        catch
        {
            link?.Dispose();
            slots.Dispose();
            loaded.Dispose();
            if (pin is not null) Unpin(pin);
            throw;
        }
    }

    /// <summary>Opens a gate that another agent attached; null when it is incomplete, in which case it is removed.</summary>
    public static HookGate? Open(string pin)
    {
        if (File.Exists(pin + SlotsSuffix) && File.Exists(pin + LinkSuffix))
        {
            var link = BpfLink.FromPin(pin + LinkSuffix);
            var program = BpfProgram.FromId(link.GetInfo().ProgramId);
            return new HookGate(null, program, link, BpfMap.FromPin(pin + SlotsSuffix), pin) { FormerlyMissed = program.ReadMissed() + link.ReadMissed() };
        }
        Unpin(pin);
        return null;
    }

    /// <summary>The paths of the gates in a directory.</summary>
    public static IEnumerable<string> FindPins(string directory) =>
        Directory.EnumerateFiles(directory).Select(file => file[..file.LastIndexOf('_')]).Distinct(StringComparer.Ordinal).ToList();

    /// <summary>Puts a generation's program behind the gate; it runs once that generation is in force.</summary>
    public void Set(uint generation, BpfProgram program) => _slots.Set(generation & 1, program);

    /// <summary>Takes a generation's program away; it must not be in force.</summary>
    public void Clear(uint generation) => _slots.Clear(generation & 1);

    /// <summary>Whether a generation has a program here.</summary>
    public bool Has(uint generation) => _slots.TryGetProgramId(generation & 1, out _);

    /// <summary>The gate's program, whose run time is that of all that runs behind it.</summary>
    public ProgramInfo GetInfo() => _program.GetInfo();

    /// <summary>Detaches it, also where it is pinned.</summary>
    public void Remove()
    {
        // The kernel detaches a link a moment later.
        Clear(0);
        Clear(1);
        if (_pin is not null) Unpin(_pin);
        Dispose();
    }

    /// <summary>Lets go of it: pinned, it stays attached.</summary>
    public void Dispose()
    {
        _link.Dispose();
        _slots.Dispose();
        _program.Dispose();
        _object?.Dispose();
    }

    static void Unpin(string pin)
    {
        BpfFileSystem.Unpin(pin + LinkSuffix);
        BpfFileSystem.Unpin(pin + SlotsSuffix);
    }
}
