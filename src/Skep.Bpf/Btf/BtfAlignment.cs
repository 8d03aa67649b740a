namespace Skep.Bpf;

/// <summary>The alignment that a C compiler for a 64-bit machine gives to types, and which composites it must have been told to pack.</summary>
sealed class BtfAlignment(Btf btf)
{
    const int MaxDepth = 64;

    readonly Dictionary<uint, uint> _known = [];

    /// <summary>Alignment in bytes.</summary>
    public uint Of(uint id) => Of(id, 0);

    /// <summary>Whether a member lies where its alignment forbids, or the size is no multiple of it.</summary>
    public bool IsPacked(BtfType type) => IsPacked(type, 0);

    uint Of(uint id, int depth)
    {
        if (depth > MaxDepth) throw new BpfFormatException($"BTF {btf.Name}: type {btf[id]} nests too deeply for C");
        var type = btf.Resolve(id);
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64:
                return type.Size is 1 or 2 or 4 or 8 or 16 ? type.Size : 1;
            case BtfKind.Pointer:
                return 8;
            case BtfKind.Array:
                return Of(type.ElementTypeId, depth + 1);
            case BtfKind.Struct or BtfKind.Union:
                if (_known.TryGetValue(type.Id, out var known)) return known;
                return _known[type.Id] = IsPacked(type, depth) ? 1 : Widest(type, depth);
            default:
                return 1;
        }
    }

    bool IsPacked(BtfType type, int depth)
    {
        if (type.Size % Widest(type, depth) != 0) return true;
        if (type.Kind == BtfKind.Union) return false;
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            if (member.BitfieldSize == 0)
            {
                if (!IsOldBitfield(member) && member.BitOffset % (Of(member.TypeId, depth + 1) * 8) != 0) return true;
                continue;
            }
            var unit = (uint)Math.Max(btf.SizeOf(member.TypeId), 1) * 8ul;
            if (member.BitOffset / unit != ((ulong)member.BitOffset + member.BitfieldSize - 1) / unit) return true;
        }
        return false;
    }

    uint Widest(BtfType type, int depth)
    {
        uint widest = 1;
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            // An unnamed bitfield lends a struct no alignment.
            if (member.BitfieldSize == 0 || member.NameOffset != 0) widest = Math.Max(widest, Of(member.TypeId, depth + 1));
        }
        return widest;
    }

    bool IsOldBitfield(BtfMember member) =>
        btf.Resolve(member.TypeId) is { Kind: BtfKind.Int } type && (type.BitOffset != 0 || (uint)type.Bits != type.Size * 8);
}
