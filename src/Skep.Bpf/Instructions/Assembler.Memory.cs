namespace Skep.Bpf.Instructions;

public sealed partial class Assembler
{
    /// <summary>dst = the unsigned value at address + offset.</summary>
    public Assembler Load(AccessSize size, Register destination, Register address, int offset = 0) =>
        Emit((int)InstructionClass.LoadMemory | OpCode.ModeMemory | SizeBits(size), destination, address, offset);

    /// <summary>dst = the sign-extended value at address + offset. Requires at least Linux 6.6.</summary>
    public Assembler LoadSigned(AccessSize size, Register destination, Register address, int offset = 0) => size == AccessSize.Double
        ? Load(size, destination, address, offset)
        : Emit((int)InstructionClass.LoadMemory | OpCode.ModeMemorySigned | SizeBits(size), destination, address, offset);

    /// <summary>Stores the low bytes of src at address + offset.</summary>
    public Assembler Store(AccessSize size, Register address, int offset, Register source) =>
        Emit((int)InstructionClass.StoreRegister | OpCode.ModeMemory | SizeBits(size), address, source, offset);

    /// <summary>Stores an immediate at address + offset; sign-extended to eight bytes.</summary>
    public Assembler Store(AccessSize size, Register address, int offset, int immediate) =>
        Emit((int)InstructionClass.StoreImmediate | OpCode.ModeMemory | SizeBits(size), address, default, offset, immediate);

    /// <summary>Atomic read-modify-write at address + offset; <paramref name="operation"/> is one of <see cref="AtomicOperation"/>, four or eight bytes wide.</summary>
    public Assembler Atomic(int operation, AccessSize size, Register address, int offset, Register source)
    {
        if (size is not (AccessSize.Word or AccessSize.Double)) throw new ArgumentOutOfRangeException(nameof(size), size, "atomic operations take four or eight bytes");
        return Emit(AtomicCode(size), address, source, offset, operation);
    }

    /// <summary>dst = the value at address + offset, with acquire semantics. Requires at least Linux 6.15.</summary>
    public Assembler LoadAcquire(AccessSize size, Register destination, Register address, int offset = 0) =>
        Emit(AtomicCode(size), destination, address, offset, AtomicOperation.LoadAcquire);

    /// <summary>Stores src at address + offset, with release semantics. Requires at least Linux 6.15.</summary>
    public Assembler StoreRelease(AccessSize size, Register address, int offset, Register source) =>
        Emit(AtomicCode(size), address, source, offset, AtomicOperation.StoreRelease);

    /// <summary>r0 = packet bytes at a fixed offset in host order; leaves the program with 0 beyond the end. Needs the context in r6, clobbers r1–r5.</summary>
    public Assembler LoadPacket(AccessSize size, int offset) => Emit(OpCode.ModeAbsolute | PacketSize(size), default, default, immediate: offset);

    /// <summary>As <see cref="LoadPacket(AccessSize, int)"/>, at a register plus an offset.</summary>
    public Assembler LoadPacket(AccessSize size, Register index, int offset = 0) => Emit(OpCode.ModeIndirect | PacketSize(size), default, index, immediate: offset);

    /// <summary>dst = a 64-bit constant; takes two slots.</summary>
    public Assembler LoadImmediate64(Register destination, ulong value) => EmitWide(destination, 0, (int)(uint)value, (int)(uint)(value >> 32));

    /// <summary>dst = a map, by its name in the object.</summary>
    public Assembler LoadMap(Register destination, string map) => Refer(RelocationKind.Map, map).EmitWide(destination, OpCode.PseudoMapFd, 0, 0);

    /// <summary>dst = a map, by its descriptor, for code that is loaded without linking.</summary>
    public Assembler LoadMap(Register destination, BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return EmitWide(destination, OpCode.PseudoMapFd, map.Fd.Value, 0);
    }

    /// <summary>dst = the address of a byte in the single element of a data section's map (<c>.rodata</c>, <c>.bss</c> …).</summary>
    public Assembler LoadMapValue(Register destination, string map, int offset = 0) =>
        Refer(RelocationKind.MapValue, map, offset).EmitWide(destination, OpCode.PseudoMapValue, 0, offset);

    /// <summary>dst = the address of a subprogram, for callbacks. Requires at least Linux 5.13.</summary>
    public Assembler LoadFunction(Register destination, string function) =>
        Refer(RelocationKind.FunctionAddress, function).EmitWide(destination, OpCode.PseudoFunction, -1, 0);

    /// <summary>dst = the address of a kernel symbol, or of a Kconfig value, that the object declares as extern.</summary>
    public Assembler LoadExtern(Register destination, string symbol) => Refer(RelocationKind.Extern, symbol).EmitWide(destination, 0, 0, 0);

    Assembler EmitWide(Register destination, int kind, int low, int high)
    {
        Emit(OpCode.LoadImmediate64, destination, (Register)kind, 0, low);
        return Emit(default(Instruction).WithImmediate(high));
    }

    static int AtomicCode(AccessSize size) => (int)InstructionClass.StoreRegister | OpCode.ModeAtomic | SizeBits(size);

    static int PacketSize(AccessSize size) =>
        size == AccessSize.Double ? throw new ArgumentOutOfRangeException(nameof(size), size, "a packet load takes one, two or four bytes") : SizeBits(size);

    static int SizeBits(AccessSize size) => size switch
    {
        AccessSize.Byte => OpCode.Byte,
        AccessSize.Half => OpCode.Half,
        AccessSize.Word => OpCode.Word,
        AccessSize.Double => OpCode.Double,
        _ => throw new ArgumentOutOfRangeException(nameof(size), size, "1, 2, 4 or 8"),
    };
}
