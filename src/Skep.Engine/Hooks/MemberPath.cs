using System.Globalization;
using Skep.Bpf;

namespace Skep.Engine.Hooks;

/// <summary>A dotted path through the kernel's types, such as <c>mm.exe_file.f_path.dentry.d_name.name</c> or <c>a[2].b</c>, resolved to offsets.</summary>
public sealed class MemberPath
{
    /// <summary>Offsets to add and pointers to follow, from the address of the starting object.</summary>
    public required IReadOnlyList<MemberStep> Steps { get; init; }

    /// <summary>Offset of the member itself after the last step.</summary>
    public int Offset { get; init; }

    /// <summary>Type of the member.</summary>
    public required BtfType Type { get; init; }

    /// <summary>Bits of a bit field and their offset from <see cref="Offset"/>; 0 bits for whole members.</summary>
    public (int Offset, int Bits) BitField { get; init; }

    /// <summary>Resolves a path from a struct.</summary>
    /// <exception cref="BpfException">A member does not exist in this kernel; the message names it and those that do.</exception>
    public static MemberPath Resolve(BtfType start, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var btf = start.Btf;
        var steps = new List<MemberStep>();
        var (type, offset) = (Strip(start), 0);
        (int, int) bits = default;
        foreach (var part in path.Split('.'))
        {
            var bracket = part.IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? part : part[..bracket];
            if (name.Length > 0)
            {
                if (type.Kind == BtfKind.Pointer)
                {
                    steps.Add(new MemberStep(offset, Dereferences: true));
                    (type, offset) = (btf.Resolve(type.TypeId), 0);
                }
                if (!type.IsComposite) throw new BpfException($"'{path}': {Describe(type)} has no members, '{name}' is one of a struct");
                var found = Find(btf, type, name) ?? throw new BpfException($"'{path}': {Describe(type)} has no member '{name}' in this kernel{Nearest(type, name)}");
                offset += found.BitOffset / 8;
                bits = found.Bits == 0 ? default : (found.BitOffset % 8, found.Bits);
                type = btf.Resolve(found.TypeId);
            }
            for (var rest = bracket < 0 ? "" : part[bracket..]; rest.Length > 0;)
            {
                var end = rest.IndexOf(']', StringComparison.Ordinal);
                if (rest[0] != '[' || end < 0 || !int.TryParse(rest.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    throw new BpfException($"'{path}': '{part}' is no member with an index in brackets");
                }
                if (type.Kind == BtfKind.Array)
                {
                    if (index >= type.ElementCount) throw new BpfException($"'{path}': index {index} is outside of an array of {type.ElementCount}");
                    offset = checked(offset + index * (int)btf.SizeOf(type.ElementTypeId));
                    type = btf.Resolve(type.ElementTypeId);
                }
                else if (type.Kind == BtfKind.Pointer)
                {
                    steps.Add(new MemberStep(offset, Dereferences: true));
                    offset = checked(index * (int)btf.SizeOf(type.TypeId));
                    type = btf.Resolve(type.TypeId);
                }
                else
                {
                    throw new BpfException($"'{path}': {Describe(type)} cannot be indexed");
                }
                rest = rest[(end + 1)..];
            }
        }
        return new MemberPath { Steps = steps, Offset = offset, Type = type, BitField = bits };
    }

    /// <summary>The struct that a pointer leads to, or the type itself.</summary>
    public static BtfType Strip(BtfType type)
    {
        var resolved = type.Btf.Resolve(type.Id);
        return resolved.Kind == BtfKind.Pointer ? type.Btf.Resolve(resolved.TypeId) : resolved;
    }

    static (uint TypeId, int BitOffset, int Bits)? Find(Btf btf, BtfType type, string name)
    {
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Member(i);
            var memberName = btf.StringAt(member.NameOffset);
            if (memberName == name) return (member.TypeId, (int)member.BitOffset, member.BitfieldSize);
            if (memberName.Length > 0) continue;
            var inner = btf.Resolve(member.TypeId);
            if (inner.IsComposite && Find(btf, inner, name) is { } found) return (found.TypeId, found.BitOffset + (int)member.BitOffset, found.Bits);
        }
        return null;
    }

    static string Nearest(BtfType type, string name)
    {
        var names = new List<string>();
        for (var i = 0; i < type.Count; i++)
        {
            var member = type.Btf.StringAt(type.Member(i).NameOffset);
            if (member.Length > 2 && (member.Contains(name, StringComparison.Ordinal) || name.Contains(member, StringComparison.Ordinal))) names.Add(member);
        }
        return names.Count == 0 ? "" : $" (there is {string.Join(", ", names.Take(4))})";
    }

    static string Describe(BtfType type) => type.Kind switch
    {
        BtfKind.Struct => $"struct {type.Name}",
        BtfKind.Union => $"union {type.Name}",
        BtfKind.Pointer => "a pointer",
        _ => type.Name.Length > 0 ? type.Name : type.Kind.ToString().ToLowerInvariant(),
    };
}
