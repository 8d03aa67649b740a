using System.Buffers.Binary;
using System.Net;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>
/// Networks of many conditions on one address. A longest-prefix trie for each family finds the smallest network, and its row has the numbers of all that
/// contain it. IPv4 addresses mapped into IPv6 are those that they mean (<see cref="Networks"/>). Needs a program that does not sleep.
/// </summary>
public sealed class AddressSet
{
    readonly RowTable _rows = new();
    readonly Dictionary<(UInt128 Address, int Length), int> _v4, _v6;

    /// <summary>Puts the networks together.</summary>
    public AddressSet(IEnumerable<NumberedNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        var byFamily = networks.Select(n => n with { Network = Networks.Plain(n.Network) }).ToLookup(n => Networks.IsIPv6(n.Network));
        _v4 = Arrange(byFamily[false]);
        _v6 = Arrange(byFamily[true]);
    }

    /// <summary>What the results mean.</summary>
    public RowTable Rows => _rows;

    /// <summary>The row of an address.</summary>
    public int Run(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out var length);
        return Run(length == 4 ? Networks.IPv4Family : Networks.IPv6Family, bytes);
    }

    /// <summary>The row of an address as the kernel writes it: 16 bytes in network order, of which IPv4 has the first four. Other families have row 0.</summary>
    public int Run(ushort family, ReadOnlySpan<byte> address)
    {
        if (family is not (Networks.IPv4Family or Networks.IPv6Family)) return 0;
        var (isIPv6, bits) = Networks.Plain(family == Networks.IPv6Family, BinaryPrimitives.ReadUInt128BigEndian(address));
        var networks = isIPv6 ? _v6 : _v4;
        for (var length = isIPv6 ? 128 : 32; length >= 0; length--)
        {
            if (networks.TryGetValue((bits & Mask(length), length), out var row)) return row;
        }
        return 0;
    }

    /// <summary>
    /// Adds the tries and a static function <c>name(slot, offset, family)</c> that returns the row of the address, 4 or 16 bytes in network order, that lies at an
    /// offset of a map value of <see cref="TextMatcherOptions.SlotSize"/> bytes. The family is AF_INET or AF_INET6; others have row 0.
    /// </summary>
    public void AddTo(ObjectBuilder builder, string name, TextMatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        options ??= new TextMatcherOptions();
        AddTrie(builder, $"{name}_v4", _v4, 4);
        AddTrie(builder, $"{name}_v6", _v6, 16);
        _rows.AddTo(builder, name);
        builder.AddFunction(name, ["slot", "offset", "family"], code =>
        {
            var (offset, family) = (code.Parameter(1), code.Parameter(2).To(ScalarType.U32));
            using (code.If(offset > options.MaxOffset)) code.Return(0);
            var address = code.Let(code.Parameter(0).To(ScalarType.Pointer) + offset);
            // The key begins four bytes into the buffer, so that the address is aligned.
            var key = code.Stack(24, zero: false);
            var (other, v4) = (code.NewLabel(), code.NewLabel());
            code.GotoIf(family == Networks.IPv4Family, v4);
            using (code.If(family != Networks.IPv6Family)) code.Return(0);
            code.GotoIf(code.Load(ScalarType.U64, address) != 0, other);
            code.GotoIf(code.Load(ScalarType.U32, address, 8) != code.Constant(0xffff0000), other);
            code.Assign(address, address + 12);
            code.Bind(v4);
            if (_v4.Count > 0)
            {
                code.Store(ScalarType.U32, key, 4, 32);
                code.Store(ScalarType.U32, key, 8, code.Load(ScalarType.U32, address));
                using (code.Lookup($"{name}_v4", key.At(4), out var row)) code.Return(code.Load(ScalarType.U32, row));
            }
            code.Return(0);
            code.Bind(other);
            if (_v6.Count > 0)
            {
                code.Store(ScalarType.U32, key, 4, 128);
                code.Store(ScalarType.U64, key, 8, code.Load(ScalarType.U64, address));
                code.Store(ScalarType.U64, key, 16, code.Load(ScalarType.U64, address, 8));
                using (code.Lookup($"{name}_v6", key.At(4), out var row)) code.Return(code.Load(ScalarType.U32, row));
            }
            code.Return(0);
        });
    }

    /// <summary>Whether a number is in the row that a value holds, after <see cref="AddTo"/>.</summary>
    public Condition Test(CodeBuilder code, Value row, int number) => _rows.Test(code, row, number);

    static void AddTrie(ObjectBuilder builder, string name, Dictionary<(UInt128 Address, int Length), int> networks, int bytes)
    {
        if (networks.Count == 0) return;
        builder.AddMap(new MapSpec
        {
            Name = name,
            Type = MapType.LpmTrie,
            KeySize = (uint)(4 + bytes),
            ValueSize = 4,
            MaxEntries = (uint)networks.Count,
            Flags = MapFlags.NoPreallocation,
            Contents = [.. networks.Select(n => new MapEntry([.. BitConverter.GetBytes(n.Key.Length), .. Bytes(n.Key.Address)[..bytes]], BitConverter.GetBytes(n.Value)))],
        });
    }

    Dictionary<(UInt128 Address, int Length), int> Arrange(IEnumerable<NumberedNetwork> networks)
    {
        var sets = new SortedDictionary<(UInt128 Address, int Length), SortedSet<int>>();
        foreach (var (number, network) in networks)
        {
            var key = (Bits(network.BaseAddress) & Mask(network.PrefixLength), network.PrefixLength);
            if (!sets.TryGetValue(key, out var numbers)) sets.Add(key, numbers = []);
            numbers.Add(number);
        }
        // In this order a network comes right after those that contain it: those still open are a stack.
        var rows = new Dictionary<(UInt128 Address, int Length), int>();
        var open = new Stack<(UInt128 Address, int Length)>();
        foreach (var (network, numbers) in sets)
        {
            while (open.Count > 0 && (network.Address & Mask(open.Peek().Length)) != open.Peek().Address) open.Pop();
            if (open.Count > 0) numbers.UnionWith(sets[open.Peek()]);
            open.Push(network);
            rows.Add(network, _rows.Add([.. numbers]));
        }
        return rows;
    }

    // Left-aligned, so that both families share the arithmetic.
    static UInt128 Bits(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    static byte[] Bytes(UInt128 bits)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, bits);
        return bytes;
    }

    static UInt128 Mask(int length) => length == 0 ? 0 : UInt128.MaxValue << (128 - length);
}
