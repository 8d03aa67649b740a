using System.Text;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Interpreter;

/// <summary>
/// An eBPF machine in C#: runs programs with the semantics of RFC 9669 and of the kernel, without privilege. Memory is a set of bounded regions, so
/// what the verifier would refuse as an access out of bounds is a typed fault here. Helpers, kernel functions and maps are C# and can be replaced.
/// A machine runs one program at a time and is not safe for concurrent use.
/// </summary>
/// <example><code>
/// var machine = new Machine();
/// var program = machine.Load(AssemblyText.Parse("r0 = *(u32 *)(r1 + 0)\nr0 += 1\nexit"));
/// ulong result = machine.Run(program, machine.Memory.Map("context", [41, 0, 0, 0])); // 42
/// </code></example>
public sealed partial class Machine
{
    readonly List<MachineProgram> _programs = [];
    readonly List<MemoryRegion> _released = [];
    readonly Dictionary<int, VirtualMap> _mapsByDescriptor = [];
    readonly List<string> _kfuncNames = [];
    readonly MemoryRegion _codeRegion;
    Instruction[] _code = [];

    /// <summary>Creates a machine with the standard helpers.</summary>
    public Machine(MachineOptions? options = null)
    {
        Options = options ?? new MachineOptions();
        _codeRegion = Memory.Map("code", [], writable: false);
        StandardHelpers.Register(Helpers, Options);
    }

    /// <summary>Limits and surroundings.</summary>
    public MachineOptions Options { get; }

    /// <summary>The memory that programs see.</summary>
    public VirtualMemory Memory { get; } = new();

    /// <summary>Maps by name.</summary>
    public Dictionary<string, VirtualMap> Maps { get; } = [];

    /// <summary>Helpers by number; replace or add to model what a program needs.</summary>
    public Dictionary<HelperFunction, HelperBody> Helpers { get; } = [];

    /// <summary>Kernel functions by name; for code without names, <c>kfunc#ID</c>.</summary>
    public Dictionary<string, HelperBody> Kfuncs { get; } = [];

    /// <summary>Values of extern kernel symbols (their addresses), by name.</summary>
    public Dictionary<string, ulong> Symbols { get; } = [];

    /// <summary>The CPU that programs run on.</summary>
    public int Cpu { get; set; }

    /// <summary>What <c>bpf_ktime_get_ns</c> returns, in nanoseconds.</summary>
    public ulong Time { get; set; } = 1_000_000_000;

    /// <summary>What <c>bpf_get_current_pid_tgid</c> returns: process id in the high half, thread id in the low one.</summary>
    public ulong PidTgid { get; set; } = (4242UL << 32) | 4242;

    /// <summary>What <c>bpf_get_current_uid_gid</c> returns: group id in the high half, user id in the low one.</summary>
    public ulong UidGid { get; set; }

    /// <summary>What <c>bpf_get_current_comm</c> returns.</summary>
    public string Command { get; set; } = "test";

    /// <summary>The packet that legacy packet loads and <c>bpf_skb_load_bytes</c> read.</summary>
    public MemoryRegion? Packet { get; set; }

    /// <summary>What <c>bpf_trace_printk</c> printed.</summary>
    public List<string> TraceOutput { get; } = [];

    /// <summary>Instructions executed by the last run.</summary>
    public long ExecutedInstructions { get; private set; }

    /// <summary>Adds a map. Code that was not linked by name refers to it by <paramref name="descriptor"/>.</summary>
    public VirtualMap AddMap(MapSpec spec, int? descriptor = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var map = VirtualMap.Create(this, spec);
        Maps[spec.Name] = map;
        if (descriptor is { } number) _mapsByDescriptor[number] = map;
        return map;
    }

    /// <summary>Places code whose references are numbers: maps by descriptor, kernel functions by id.</summary>
    public MachineProgram Load(ReadOnlySpan<Instruction> code, string name = "program")
    {
        var program = new MachineProgram(name, _code.Length, code.Length);
        Array.Resize(ref _code, _code.Length + code.Length);
        code.CopyTo(_code.AsSpan(program.Start));
        _programs.Add(program);
        return program;
    }

    /// <summary>A context for XDP programs over a packet: <c>struct xdp_md</c>.</summary>
    public MemoryRegion XdpContext(byte[] packet)
    {
        Packet = Memory.Map("packet", packet);
        var context = Memory.Map("xdp_md", new byte[24]);
        context.PointerFields[0] = context.PointerFields[8] = Packet.Address;
        context.PointerFields[4] = Packet.Address + (ulong)packet.Length;
        return context;
    }

    /// <summary>A context for programs over a socket buffer: <c>struct __sk_buff</c> with length, data and data_end.</summary>
    public MemoryRegion SkBuffContext(byte[] packet)
    {
        Packet = Memory.Map("packet", packet);
        var context = Memory.Map("__sk_buff", new byte[192]);
        BitConverter.TryWriteBytes(context.Bytes, packet.Length);
        context.PointerFields[76] = Packet.Address;
        context.PointerFields[80] = Packet.Address + (ulong)packet.Length;
        return context;
    }

    /// <summary>Bytes at an address; faults when they are not all in bounds of one object, or not writable.</summary>
    public Span<byte> Access(ulong address, int size, bool write)
    {
        if (Memory.TryAccess(address, size, write, out var bytes)) return bytes;
        var what = write ? "store to" : "load from";
        if (!Memory.TryFind(address, out var region))
        {
            throw address < 1UL << 32
                ? Fault(FaultKind.NullPointer, $"{what} address {(long)address}, which is no pointer")
                : Fault(FaultKind.OutOfBounds, $"{what} 0x{address:x}, which belongs to no memory");
        }
        var offset = (long)(address - region.Address);
        if (write && !region.IsWritable && region.Contains((ulong)offset, size)) throw Fault(FaultKind.ReadOnly, $"store to {region.Name}, which is read-only");
        throw Fault(FaultKind.OutOfBounds, $"{what} {region.Name}, {size} bytes at offset {offset}, out of bounds");
    }

    /// <summary>An error at the instruction that is being executed, for helper bodies.</summary>
    public MachineFaultException Fault(FaultKind kind, string detail)
    {
        var program = _programs.Find(p => p.Contains(_slot));
        var text = program is null ? "outside of the code" : Disassembler.Format(_code.AsSpan(program.Start, program.Length), _slot - program.Start, out _);
        return new MachineFaultException(kind, program?.Name ?? "none", program is null ? -1 : _slot - program.Start, text, detail);
    }

    // Programs may hold pointers to a deleted element until they end, as RCU allows in the kernel.
    internal void ReleaseAtExit(MemoryRegion region)
    {
        if (_depth == 0) Memory.Unmap(region);
        else _released.Add(region);
    }

    void WriteTrace(ReadOnlySpan<ulong> before, int slot)
    {
        var program = _programs.Find(p => p.Contains(slot))!;
        var line = new StringBuilder();
        line.Append(' ', _depth).Append(slot - program.Start).Append(": ");
        Disassembler.Format(_code.AsSpan(program.Start, program.Length), slot - program.Start, line);
        for (var i = 0; i < before.Length; i++)
        {
            if (before[i] != _registers[i]) line.Append(System.Globalization.CultureInfo.InvariantCulture, $" ; r{i}=0x{_registers[i]:x}");
        }
        Options.Trace!.WriteLine(line);
    }
}
