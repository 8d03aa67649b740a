using System.Globalization;
using System.Text;

namespace Skep.Bpf;

/// <summary>An access path in one BTF: in the object's, read from its record; in the kernel's, found by <see cref="CoreMatch"/>.</summary>
sealed class CorePath(Btf btf, uint rootId, CoreRelocationKind kind)
{
    /// <summary>Longest path (tools/lib/bpf/relo_core.h: BPF_CORE_SPEC_MAX_LEN).</summary>
    public const int MaxLength = 64;

    const ulong MaxBits = (ulong)uint.MaxValue * 8;

    readonly List<CoreAccessor> _accessors = [];
    readonly List<int> _raw = [];

    public Btf Btf { get; } = btf;
    public uint RootId { get; } = rootId;
    public CoreRelocationKind Kind { get; } = kind;
    public ulong BitOffset { get; private set; }
    public int Length => _accessors.Count;
    public CoreAccessor this[int index] => _accessors[index];
    public CoreAccessor Last => _accessors[^1];

    /// <summary>Reads the path of a relocation, checking every step against the object's types.</summary>
    public static CorePath Parse(Btf btf, in CoreRelocation relocation)
    {
        var path = new CorePath(btf, relocation.TypeId, relocation.Kind);
        path.Split(relocation.Accessor);
        if (relocation.Kind.IsTypeBased())
        {
            if (path._raw is not [0]) throw Bad(btf, relocation, "a type is asked for with the path '0'");
            return path;
        }

        var type = btf.Resolve(relocation.TypeId);
        var first = path._raw[0];
        if (relocation.Kind.IsEnumeratorBased())
        {
            if (!type.IsEnum) throw Bad(btf, relocation, "the root type is not an enumeration");
            if (path._raw.Count != 1 || first >= type.Count) throw Bad(btf, relocation, "no such enumerator");
            path._accessors.Add(new CoreAccessor(type.Id, first, type.Enumerator(first).NameOffset));
            return path;
        }

        path._accessors.Add(new CoreAccessor(type.Id, first, 0));
        path.AdvanceElements(type.Id, first);
        for (var i = 1; i < path._raw.Count; i++)
        {
            var index = path._raw[i];
            if (type.IsComposite)
            {
                if (index >= type.Count) throw Bad(btf, relocation, $"{type} has no member {index}");
                var member = type.Member(index);
                path.Advance(member.BitOffset);
                if (member.NameOffset != 0) path._accessors.Add(new CoreAccessor(type.Id, index, member.NameOffset));
                type = btf.Resolve(member.TypeId);
            }
            else if (type.Kind == BtfKind.Array)
            {
                var isFlexible = path.EndsInFlexibleArray(type);
                if (!isFlexible && (uint)index >= type.ElementCount) throw Bad(btf, relocation, $"{type} has {type.ElementCount} elements, not {index}");
                type = btf.Resolve(type.ElementTypeId);
                path._accessors.Add(new CoreAccessor(type.Id, index, 0));
                path.AdvanceElements(type.Id, index);
            }
            else
            {
                throw Bad(btf, relocation, $"{type} has no members");
            }
        }
        return path;
    }

    /// <summary>Whether an array is the last member of the struct that the path leads through, without a length of its own.</summary>
    public bool EndsInFlexibleArray(BtfType array)
    {
        if (array.ElementCount > 0 || Length == 0 || !Last.IsNamed) return false;
        var composite = Btf[Last.TypeId];
        return composite.IsComposite && Last.Index == composite.Count - 1;
    }

    public void Add(CoreAccessor accessor) => _accessors.Add(accessor);

    public void RemoveLast() => _accessors.RemoveAt(_accessors.Count - 1);

    /// <summary>Notes a raw step; false when the path would get too long.</summary>
    public bool TryPush(int index)
    {
        if (_raw.Count == MaxLength) return false;
        _raw.Add(index);
        return true;
    }

    public void Pop(uint bits)
    {
        _raw.RemoveAt(_raw.Count - 1);
        BitOffset -= bits;
    }

    public void Advance(ulong bits)
    {
        BitOffset += bits;
        if (BitOffset > MaxBits) throw new BpfFormatException($"BTF {Btf.Name}: the access path of {Btf[RootId]} leads beyond 4 GiB");
    }

    public void AdvanceElements(uint elementTypeId, int index)
    {
        if (index != 0) Advance((ulong)index * Btf.SizeOf(elementTypeId) is var bytes && bytes <= uint.MaxValue ? bytes * 8 : MaxBits + 1);
    }

    /// <summary>The path in words, for example <c>struct task_struct.mm.start_brk (0:41:2 at offset 2336)</c>.</summary>
    public override string ToString()
    {
        var root = Btf[RootId];
        var text = new StringBuilder();
        if (Keyword(root.Kind) is { Length: > 0 } keyword) text.Append(keyword).Append(' ');
        text.Append(root.Name.Length == 0 ? "<anonymous>" : root.Name);
        if (Kind.IsTypeBased()) return text.ToString();
        if (Kind.IsEnumeratorBased()) return text.Append("::").Append(Btf.NameTextAt(Last.NameOffset)).ToString();
        for (var i = 0; i < Length; i++)
        {
            if (_accessors[i].IsNamed) text.Append('.').Append(Btf.NameTextAt(_accessors[i].NameOffset));
            else if (i > 0 || _accessors[i].Index > 0) text.Append(CultureInfo.InvariantCulture, $"[{_accessors[i].Index}]");
        }
        text.Append(" (").AppendJoin(':', _raw).Append(CultureInfo.InvariantCulture, $" at offset {BitOffset / 8}");
        if (BitOffset % 8 != 0) text.Append(CultureInfo.InvariantCulture, $".{BitOffset % 8}");
        return text.Append(')').ToString();
    }

    static string Keyword(BtfKind kind) => kind switch
    {
        BtfKind.Struct => "struct",
        BtfKind.Union => "union",
        BtfKind.Enum or BtfKind.Enum64 => "enum",
        _ => "",
    };

    void Split(string accessor)
    {
        foreach (var part in accessor.AsSpan().Split(':'))
        {
            if (!int.TryParse(accessor.AsSpan()[part], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || !TryPush(index))
                throw new BpfFormatException($"BTF {Btf.Name}: bad CO-RE access path '{(accessor.Length > 80 ? accessor[..80] : accessor)}' of type {RootId}");
        }
    }

    static BpfFormatException Bad(Btf btf, in CoreRelocation relocation, string reason) =>
        new($"BTF {btf.Name}: CO-RE relocation {relocation.Kind} '{relocation.Accessor}' of {btf[relocation.TypeId]}: {reason}");
}
