using System.Buffers.Binary;

namespace Skep.Bpf;

/// <summary>
/// A struct_ops instance in the kernel's layout. The object's struct may have other members in another order: members are matched by name, as CO-RE
/// does for reads (kernel/bpf/bpf_struct_ops.c: bpf_struct_ops_map_update_elem takes <c>struct bpf_struct_ops_NAME</c>, whose member data is the instance).
/// </summary>
sealed class StructOpsLayout
{
    const string ValuePrefix = "bpf_struct_ops_";

    readonly ObjectSpec _spec;
    readonly MapSpec _map;
    readonly int _dataOffset;
    readonly List<(int Offset, string Program)> _functions = [];

    /// <summary>Lays out an instance.</summary>
    /// <exception cref="BpfException">The kernel has no such struct, or lacks a member that the object sets.</exception>
    public StructOpsLayout(ObjectSpec spec, MapSpec map, KernelTypes kernel)
    {
        (_spec, _map) = (spec, map);
        var ops = map.StructOps ?? throw Error("it has no content");
        if (!kernel.TryFind(ValuePrefix + ops.TypeName, BtfKind.Struct, out var value) || !kernel.TryFind(ops.TypeName, BtfKind.Struct, out var type))
        {
            throw Error($"this kernel ({KernelVersion.Release}) lets no programs implement struct {ops.TypeName}");
        }
        (ValueType, Type) = (value, type.Type);
        Value = new byte[value.Type.Size];
        _dataOffset = OffsetOfData(value.Type);
        CopyMembers(ops);
    }

    /// <summary>The kernel's struct that the map holds.</summary>
    public KernelType ValueType { get; }

    /// <summary>The kernel's struct of function pointers.</summary>
    public BtfType Type { get; }

    /// <summary>The value in the kernel's layout; programs are put in after they were loaded.</summary>
    public byte[] Value { get; }

    /// <summary>Members that programs implement: the member's index, which is the program's attach type, by program name.</summary>
    public Dictionary<string, int> MemberOf { get; } = [];

    /// <summary>Puts the descriptors of loaded programs into the value.</summary>
    public void SetPrograms(IReadOnlyDictionary<string, BpfProgram> programs)
    {
        foreach (var (offset, name) in _functions)
        {
            var program = programs.TryGetValue(name, out var loaded) ? loaded : throw Error($"program '{name}' is not loaded");
            BinaryPrimitives.WriteUInt64LittleEndian(Value.AsSpan(offset), (ulong)program.Fd.Value);
        }
    }

    int OffsetOfData(BtfType value)
    {
        for (var i = 0; i < value.Count; i++)
        {
            var member = value.Member(i);
            if (value.Btf.Resolve(member.TypeId).Id == Type.Id) return (int)(member.BitOffset / 8);
        }
        throw Error($"struct {value.Name} of this kernel does not hold a struct {Type.Name}");
    }

    void CopyMembers(StructOpsSpec ops)
    {
        var local = _spec.Btf![ops.TypeId];
        for (var i = 0; i < local.Count; i++)
        {
            var member = local.Member(i);
            var name = _spec.Btf.StringAt(member.NameOffset);
            var offset = (int)(member.BitOffset / 8);
            var size = member.BitfieldSize > 0 ? (member.BitfieldSize + 7 + (int)(member.BitOffset % 8)) / 8 : (int)_spec.Btf.SizeOf(member.TypeId);
            if (offset + size > ops.Data.Length) throw Error($"member '{name}' lies outside its data");
            var bytes = ops.Data.AsSpan(offset, size);
            ops.Functions.TryGetValue(offset, out var program);
            var index = IndexOf(Type, name);
            if (index < 0)
            {
                if (program is not null || bytes.ContainsAnyExcept((byte)0)) throw Error($"struct {Type.Name} of this kernel has no member '{name}', which the object sets");
                continue;
            }
            var target = Type.Member(index);
            var at = _dataOffset + (int)(target.BitOffset / 8);
            if (program is not null)
            {
                MemberOf[program] = index;
                _functions.Add((at, program));
                continue;
            }
            if (!bytes.ContainsAnyExcept((byte)0)) continue;
            if (member.BitfieldSize > 0 || target.BitfieldSize > 0 || (int)Type.Btf.SizeOf(target.TypeId) != size || at + size > Value.Length)
            {
                throw Error($"member '{name}' has another type in this kernel");
            }
            bytes.CopyTo(Value.AsSpan(at));
        }
    }

    static int IndexOf(BtfType type, string name)
    {
        for (var i = 0; i < type.Count; i++)
        {
            if (type.Btf.StringAt(type.Member(i).NameOffset) == name) return i;
        }
        return -1;
    }

    BpfException Error(string what) => new($"object {_spec.Name}: struct_ops '{_map.Name}' ({_map.StructOps?.TypeName}): {what}");
}
