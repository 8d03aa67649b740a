namespace Skep.Bpf.Building;

/// <summary>The fields of a struct by name, from BTF or given one by one.</summary>
/// <example><code>
/// var exec = new RecordLayout().Add("pid", ScalarType.U32).Add("uid", ScalarType.U32).AddBytes("comm", 16);
/// code.Store(buffer, exec["pid"], pid);
/// </code></example>
public sealed class RecordLayout
{
    readonly Dictionary<string, Field> _fields = [];

    /// <summary>Bytes of the whole struct.</summary>
    public int Size { get; private set; }

    /// <summary>The fields.</summary>
    public IReadOnlyCollection<Field> Fields => _fields.Values;

    /// <summary>A field by name; throws with the known names when there is none.</summary>
    public Field this[string name] => _fields.TryGetValue(name, out var field)
        ? field
        : throw new BpfException($"the struct has no number '{name}', only {string.Join(", ", _fields.Keys)}");

    /// <summary>Appends a number at the next multiple of its size.</summary>
    public RecordLayout Add(string name, ScalarType type)
    {
        var offset = (Size + type.Bytes() - 1) & -type.Bytes();
        _fields.Add(name, new Field(name, offset, type));
        Size = offset + type.Bytes();
        return this;
    }

    /// <summary>Appends an array of bytes.</summary>
    public RecordLayout AddBytes(string name, int length)
    {
        _fields.Add(name, new Field(name, Size, ScalarType.U8));
        Size += length;
        return this;
    }

    /// <summary>The layout of a struct in BTF; nested structs contribute their fields as <c>outer.inner</c>. Bitfields are left out.</summary>
    /// <exception cref="BpfException">The BTF has no such struct.</exception>
    public static RecordLayout FromBtf(Btf btf, string name)
    {
        ArgumentNullException.ThrowIfNull(btf);
        if (!btf.TryFind(name, BtfKind.Struct, out var type)) throw new BpfException($"BTF {btf.Name} has no struct '{name}'");
        var layout = new RecordLayout { Size = (int)type.Size };
        layout.AddMembers(type, "", 0, depth: 0);
        return layout;
    }

    void AddMembers(BtfType type, string prefix, int offset, int depth)
    {
        const int MaxDepth = 16;
        if (depth > MaxDepth) return;
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            if (member.BitfieldSize != 0 || member.BitOffset % 8 != 0) continue;
            var name = prefix + type.Btf.StringAt(member.NameOffset);
            var at = offset + (int)(member.BitOffset / 8);
            var memberType = Bare(type.Btf[member.TypeId]);
            while (memberType.Kind == BtfKind.Array) memberType = Bare(memberType.Btf[memberType.ElementTypeId]);
            if (memberType.IsComposite) AddMembers(memberType, member.NameOffset == 0 ? prefix : name + ".", at, depth + 1);
            else if (Number(memberType) is { } number) _fields.TryAdd(name, new Field(name, at, number));
        }
    }

    static BtfType Bare(BtfType type)
    {
        const int MaxModifiers = 32;
        for (var i = 0; i < MaxModifiers && type.IsModifierOrTypedef; i++) type = type.Btf[type.TypeId];
        return type;
    }

    static ScalarType? Number(BtfType type) => type.Kind switch
    {
        BtfKind.Pointer => ScalarType.Pointer,
        BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 when type.Size is 1 or 2 or 4 or 8 =>
            type.IsSigned ? ScalarTypes.Unsigned((int)type.Size) + (ScalarType.S8 - ScalarType.U8) : ScalarTypes.Unsigned((int)type.Size),
        _ => null,
    };
}
