using System.Runtime.InteropServices;
using System.Text;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The smallest BTF blobs that use one kind of type each, for probes. Type 1 is always a signed 32-bit <c>int</c>.</summary>
sealed class ProbeBtf
{
    readonly List<uint> _types = [];
    readonly List<byte> _strings = [0];

    ProbeBtf() => Add("int", BtfKind.Int, 4, [0x0100_0020]);

    /// <summary>Just the integer.</summary>
    public static byte[] Integer => new ProbeBtf().Build();

    /// <summary>A variable in a data section.</summary>
    public static byte[] DataSection => new ProbeBtf().Add("x", BtfKind.Variable, 1, [(uint)Linkage.Static]).Add(".bss", BtfKind.DataSection, 4, [2, 0, 4], count: 1).Build();

    /// <summary>A floating-point type.</summary>
    public static byte[] Float => new ProbeBtf().Add("float", BtfKind.Float, 4, []).Build();

    /// <summary>A tag on a declaration.</summary>
    public static byte[] DeclarationTag => new ProbeBtf().Add("t", BtfKind.Typedef, 1, []).Add("tag", BtfKind.DeclarationTag, 2, [uint.MaxValue]).Build();

    /// <summary>A tag on a type.</summary>
    public static byte[] TypeTag => new ProbeBtf().Add("tag", BtfKind.TypeTag, 1, []).Add("", BtfKind.Pointer, 2, []).Build();

    /// <summary>An enumeration of 64-bit values.</summary>
    public static byte[] Enum64 => new ProbeBtf().Enumeration().Build();

    /// <summary>A prototype <c>int(int)</c> (type 2), and functions of it: <c>main</c> (type 3, static) and <c>sub</c> (type 4, global).</summary>
    public static byte[] Functions => new ProbeBtf()
        .Prototype()
        .Add("main", BtfKind.Function, 2, [], count: (int)Linkage.Static)
        .Add("sub", BtfKind.Function, 2, [], count: (int)Linkage.Global)
        .Build();

    /// <summary>Ids of the functions in <see cref="Functions"/>.</summary>
    public const uint MainFunction = 3, SubFunction = 4;

    /// <summary>Loads a blob. Returns the descriptor or the negated errno.</summary>
    public static int Load(byte[] blob) => BtfCommands.Load(blob);

    ProbeBtf Enumeration() => Add("e", BtfKind.Enum64, 8, [NameOffset("v"), 1, 1], count: 1);

    ProbeBtf Prototype() => Add("", BtfKind.FunctionPrototype, 1, [NameOffset("a"), 1], count: 1);

    ProbeBtf Add(string name, BtfKind kind, uint sizeOrType, ReadOnlySpan<uint> tail, int count = 0)
    {
        _types.Add(NameOffset(name));
        _types.Add((uint)kind << 24 | (uint)count);
        _types.Add(sizeOrType);
        _types.AddRange(tail);
        return this;
    }

    uint NameOffset(string name)
    {
        if (name.Length == 0) return 0;
        var offset = (uint)_strings.Count;
        _strings.AddRange(Encoding.UTF8.GetBytes(name + "\0"));
        return offset;
    }

    byte[] Build()
    {
        var types = (uint)_types.Count * 4;
        ReadOnlySpan<uint> header = [0x0001_0000 | Btf.Magic, Btf.HeaderSize, 0, types, types, (uint)_strings.Count];
        return [.. MemoryMarshal.AsBytes(header), .. MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_types)), .. _strings];
    }
}
