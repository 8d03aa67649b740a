using System.Text;

namespace Skep.Bpf;

public sealed partial class Btf
{
    // A scan of the kernel's 126,000 types takes under a millisecond, the index about four: it pays from a handful of lookups.
    const int ScansBeforeIndex = 6;

    int _scans;
    BtfNameIndex? _index;

    /// <summary>The types that this blob itself defines, in order of id; those of the base are not repeated.</summary>
    public BtfTypeSequence Types => new(this, null);

    /// <summary>The types of one kind that this blob itself defines.</summary>
    public BtfTypeSequence OfKind(BtfKind kind) => new(this, kind);

    /// <summary>Finds the first type of a kind with a name, in the base and then in this blob.</summary>
    public bool TryFind(string name, BtfKind kind, out BtfType type) => TryFind(name, 1u << (int)kind, out type);

    /// <summary>Finds the first type of any kind with a name, in the base and then in this blob.</summary>
    public bool TryFind(string name, out BtfType type) => TryFind(name, uint.MaxValue, out type);

    /// <summary>Every type with a name, the base's first.</summary>
    public IReadOnlyList<BtfType> FindAll(string name)
    {
        var found = new List<BtfType>();
        var utf8 = Encoding.UTF8.GetBytes(name);
        CollectExact(utf8, found);
        return found;
    }

    bool TryFind(string name, uint kinds, out BtfType type)
    {
        Span<byte> buffer = stackalloc byte[256];
        var utf8 = Encoding.UTF8.TryGetBytes(name, buffer, out var length) ? buffer[..length] : Encoding.UTF8.GetBytes(name);
        return TryFind(utf8, kinds, out type);
    }

    bool TryFind(ReadOnlySpan<byte> name, uint kinds, out BtfType type)
    {
        type = default;
        if (name.IsEmpty) return false;
        if (Base is not null && Base.TryFind(name, kinds, out type)) return true;
        for (var id = FirstCandidate(name, out var index); id != 0; id = NextCandidate(index, id))
        {
            if (!NameEquals(NameOffsetOf(id), name)) continue;
            var candidate = new BtfType(this, id);
            if ((kinds >> (int)candidate.Kind & 1) == 0) continue;
            type = candidate;
            return true;
        }
        return false;
    }

    void CollectExact(ReadOnlySpan<byte> name, List<BtfType> found)
    {
        if (name.IsEmpty) return;
        Base?.CollectExact(name, found);
        for (var id = FirstCandidate(name, out var index); id != 0; id = NextCandidate(index, id))
        {
            if (NameEquals(NameOffsetOf(id), name)) found.Add(new BtfType(this, id));
        }
    }

    /// <summary>Adds this blob's own types of the given kinds whose essential name is this one.</summary>
    internal void CollectEssential(ReadOnlySpan<byte> essential, uint kinds, List<BtfType> found)
    {
        for (var id = FirstCandidate(essential, out var index); id != 0; id = NextCandidate(index, id))
        {
            var offset = NameOffsetOf(id);
            if (!StringTail(offset).StartsWith(essential)) continue;
            var type = new BtfType(this, id);
            if ((kinds >> (int)type.Kind & 1) != 0 && BtfName.Essential(NameAt(offset)).SequenceEqual(essential)) found.Add(type);
        }
    }

    internal uint NameOffsetOf(uint id) => ReadUInt32(_typeOffsets[id - FirstId]);

    // Without an index, every id is a candidate.
    uint FirstCandidate(ReadOnlySpan<byte> name, out BtfNameIndex? index)
    {
        index = Volatile.Read(ref _index);
        if (index is null && Interlocked.Increment(ref _scans) > ScansBeforeIndex) Volatile.Write(ref _index, index = new BtfNameIndex(this));
        return index is not null ? index.First(name) : _typeCount == 0 ? 0 : FirstId;
    }

    uint NextCandidate(BtfNameIndex? index, uint id) => index is not null ? index.Next(id) : id + 1 < Count ? id + 1 : 0;

    /// <summary>Follows typedefs, qualifiers and type tags to the type that they stand for.</summary>
    /// <exception cref="BpfFormatException">The chain is a loop.</exception>
    public BtfType Resolve(uint id)
    {
        var type = this[id];
        for (var depth = 0; type.IsModifierOrTypedef; depth++)
        {
            if (depth > MaxDepth) throw new BpfFormatException($"BTF {Name}: type {id} refers to itself");
            type = this[type.TypeId];
        }
        return type;
    }

    /// <summary>Depth at which a chain of references is taken for a loop (kernel/bpf/btf.c: MAX_RESOLVE_DEPTH is 32).</summary>
    internal const int MaxDepth = 32;

    /// <summary>Size of a type in bytes, arrays and pointers included; pointers have 8.</summary>
    /// <exception cref="BpfFormatException">The type has no size (function, void, forward), is a loop, or is larger than 4 GiB.</exception>
    public ulong SizeOf(uint id)
    {
        ulong factor = 1;
        var first = id;
        for (var depth = 0; depth <= MaxDepth; depth++)
        {
            var type = this[id];
            switch (type.Kind)
            {
                case BtfKind.Int or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Struct or BtfKind.Union or BtfKind.DataSection:
                    return Scale(factor, type.Size, first);
                case BtfKind.Pointer:
                    return Scale(factor, 8, first);
                case BtfKind.Array:
                    factor = Scale(factor, type.ElementCount, first);
                    id = type.ElementTypeId;
                    break;
                case BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Variable or BtfKind.DeclarationTag:
                    id = type.TypeId;
                    break;
                default:
                    throw new BpfFormatException($"BTF {Name}: type {type} has no size");
            }
        }
        throw new BpfFormatException($"BTF {Name}: type {first} refers to itself");
    }

    // Both factors have 32 bits, so that the product cannot overflow before it is checked.
    ulong Scale(ulong factor, uint size, uint id) =>
        factor * size is var product && product <= uint.MaxValue ? product : throw new BpfFormatException($"BTF {Name}: type {id} is larger than 4 GiB");
}
