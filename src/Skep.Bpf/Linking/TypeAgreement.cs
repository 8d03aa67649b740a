namespace Skep.Bpf;

/// <summary>
/// Whether a declaration in one object and a definition in another mean the same type. Qualifiers and typedef names do not matter;
/// structs agree by name and size, for their members may be seen through different headers.
/// </summary>
static class TypeAgreement
{
    // Types refer to themselves; far enough in, they are taken to agree.
    const int MaxSteps = 10_000;

    public static bool Holds(BtfType left, BtfType right)
    {
        var steps = MaxSteps;
        return Holds(left, right, ref steps);
    }

    static bool Holds(BtfType left, BtfType right, ref int steps)
    {
        left = Strip(left);
        right = Strip(right);
        if (--steps < 0) return true;
        if (left.Kind != right.Kind)
        {
            return left.Kind == BtfKind.Forward && right.IsComposite || right.Kind == BtfKind.Forward && left.IsComposite
                ? left.Utf8Name.SequenceEqual(right.Utf8Name)
                : false;
        }
        switch (left.Kind)
        {
            case BtfKind.Void:
                return true;
            case BtfKind.Int:
                return left.Size == right.Size && left.Bits == right.Bits && left.IsSigned == right.IsSigned;
            case BtfKind.Float:
                return left.Size == right.Size;
            case BtfKind.Enum or BtfKind.Enum64:
                return left.Size == right.Size && left.Utf8Name.SequenceEqual(right.Utf8Name);
            case BtfKind.Forward:
                return left.Utf8Name.SequenceEqual(right.Utf8Name);
            case BtfKind.Pointer or BtfKind.Function or BtfKind.Variable:
                return Holds(Target(left), Target(right), ref steps);
            case BtfKind.Array:
                // An extern array may leave its length open.
                return (left.ElementCount == right.ElementCount || left.ElementCount == 0 || right.ElementCount == 0)
                    && Holds(left.Btf[left.ElementTypeId], right.Btf[right.ElementTypeId], ref steps);
            case BtfKind.Struct or BtfKind.Union:
                return left.Size == right.Size && left.Utf8Name.SequenceEqual(right.Utf8Name) && (left.NameOffset != 0 || MembersAgree(left, right, ref steps));
            case BtfKind.FunctionPrototype:
                return PrototypesAgree(left, right, ref steps);
            default:
                return true;
        }
    }

    static bool MembersAgree(BtfType left, BtfType right, ref int steps)
    {
        if (left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
        {
            var (one, other) = (left.Member(i), right.Member(i));
            if (one.BitOffset != other.BitOffset || !Holds(left.Btf[one.TypeId], right.Btf[other.TypeId], ref steps)) return false;
        }
        return true;
    }

    static bool PrototypesAgree(BtfType left, BtfType right, ref int steps)
    {
        if (left.Count != right.Count || !Holds(Target(left), Target(right), ref steps)) return false;
        for (var i = 0; i < left.Count; i++)
        {
            if (!Holds(left.Btf[left.Parameter(i).TypeId], right.Btf[right.Parameter(i).TypeId], ref steps)) return false;
        }
        return true;
    }

    static BtfType Target(BtfType type) => type.Btf[type.TypeId];

    static BtfType Strip(BtfType type) => type.IsModifierOrTypedef ? type.Btf.Resolve(type.Id) : type;
}
