using System.Runtime.CompilerServices;
using System.Text;

namespace Skep.Bpf;

/// <summary>Finds fields in composites, and compares structs of .NET with those of BTF: a record that a program writes must be what the reader reads.</summary>
public static class BtfLayout
{
    const int MaxSteps = 100_000;

    /// <summary>Finds a field by its path, through anonymous members, typedefs and qualifiers: <c>mm.start_brk</c>.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static bool TryFind(BtfType type, string path, out BtfFieldLocation location)
    {
        location = default;
        if (type.Kind == BtfKind.Void) return false;
        var btf = type.Btf;
        ulong offset = 0;
        var steps = MaxSteps;
        var id = type.Id;
        foreach (var part in path.Split('.'))
        {
            if (!TryFindMember(btf.Resolve(id), Encoding.UTF8.GetBytes(part), 0, ref steps, out location)) return false;
            offset += location.BitOffset;
            id = location.TypeId;
        }
        location = location with { BitOffset = offset };
        return true;
    }

    /// <summary>Checks that a struct of .NET has the size of a BTF type, and fields at the places that the BTF type has.</summary>
    /// <param name="type">The BTF type.</param>
    /// <param name="fields">Fields by their names in BTF, with their offsets in <typeparamref name="T"/>.</param>
    /// <exception cref="BpfException">They differ; the message lists all differences.</exception>
    public static void Check<T>(BtfType type, params ReadOnlySpan<BtfField> fields) where T : unmanaged
    {
        var differences = Compare(type, Unsafe.SizeOf<T>(), fields);
        if (differences.Count > 0) throw new BpfException($"{typeof(T).Name} is not laid out as {type.Name}: {string.Join("; ", differences)}");
    }

    /// <summary>What differs between a layout and a BTF type; empty when nothing does.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static IReadOnlyList<string> Compare(BtfType type, int size, params ReadOnlySpan<BtfField> fields)
    {
        var differences = new List<string>();
        if (type.Btf.SizeOf(type.Id) is var expected && expected != (ulong)size) differences.Add($"it has {size} bytes instead of {expected}");
        foreach (var field in fields)
        {
            if (!TryFind(type, field.Name, out var location)) differences.Add($"there is no field '{field.Name}'");
            else if (location.BitOffset != (ulong)field.Offset * 8) differences.Add($"'{field.Name}' is at {field.Offset} instead of {location.BitOffset / 8.0}");
        }
        return differences;
    }

    static bool TryFindMember(BtfType type, ReadOnlySpan<byte> name, int depth, ref int steps, out BtfFieldLocation location)
    {
        location = default;
        if (!type.IsComposite || depth > Btf.MaxDepth) return false;
        var btf = type.Btf;
        for (var i = 0; i < type.Count; i++)
        {
            if (--steps < 0) throw new BpfFormatException($"BTF {btf.Name}: looking for a member of {type} takes too long");
            var member = type.Member(i);
            if (btf.NameEquals(member.NameOffset, default))
            {
                if (!TryFindMember(btf.Resolve(member.TypeId), name, depth + 1, ref steps, out location)) continue;
                location = location with { BitOffset = location.BitOffset + member.BitOffset };
                return true;
            }
            if (!btf.NameEquals(member.NameOffset, name)) continue;
            location = new BtfFieldLocation(member.TypeId, member.BitOffset, member.BitfieldSize);
            return true;
        }
        return false;
    }
}
