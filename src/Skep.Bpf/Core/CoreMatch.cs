namespace Skep.Bpf;

// How a path of the object is found again in the kernel.
//
// A program was compiled against its own idea of the kernel's types: usually a few members of each. A kernel type is a candidate if its kind
// and its name without flavour agree. Along the path, every *named* step is looked up by name in the candidate, wherever it is: further down
// or up, or inside an anonymous struct or union that the other side does not have. Array steps keep their index. Offsets and sizes of the
// object's types play no role. Three relations decide what "the same" means, from lax to strict:
//
//   fields compatible   the two types of a member found by name: both integers, both pointers, both composites, enumerations of one name…
//   types compatible    for type_id/type_exists/type_size: the kinds agree through pointers, arrays and prototypes; composites only by kind
//   types match         for type_matches: additionally names, sizes and every member or enumerator of the local type, recursively
//
// The rules are libbpf's (tools/lib/bpf/relo_core.c), since programs are written and tested against it. Unlike there, the work is bounded by a
// budget: nested anonymous members and prototypes of a hostile BTF would otherwise take exponential time.
sealed class CoreMatch(Btf localBtf, Btf targetBtf)
{
    const int MaxDepth = 32;

    int _budget = 1_000_000;

    /// <summary>The path in the target that corresponds to a local one; null when the target has none.</summary>
    public CorePath? Find(CorePath local, BtfType root)
    {
        var path = new CorePath(targetBtf, root.Id, local.Kind);
        if (local.Kind.IsTypeBased())
        {
            var agrees = local.Kind == CoreRelocationKind.TypeMatches
                ? TypesMatch(local.RootId, root.Id, false, MaxDepth)
                : TypesAreCompatible(local.RootId, root.Id, MaxDepth);
            return agrees ? path : null;
        }
        return (local.Kind.IsEnumeratorBased() ? FindEnumerator(local, root, path) : FindField(local, root, path)) ? path : null;
    }

    bool FindEnumerator(CorePath local, BtfType root, CorePath path)
    {
        var type = targetBtf.Resolve(root.Id);
        if (!type.IsEnum) return false;
        var name = BtfName.Essential(localBtf.NameAt(local[0].NameOffset));
        for (var i = 0; i < type.Count; i++)
        {
            Spend();
            var nameOffset = type.Enumerator(i).NameOffset;
            if (!targetBtf.StringTail(nameOffset).StartsWith(name) || !BtfName.Essential(targetBtf.NameAt(nameOffset)).SequenceEqual(name)) continue;
            path.Add(new CoreAccessor(type.Id, i, nameOffset));
            return path.TryPush(i);
        }
        return false;
    }

    bool FindField(CorePath local, BtfType root, CorePath path)
    {
        var id = root.Id;
        for (var i = 0; i < local.Length; i++)
        {
            var step = local[i];
            var type = targetBtf.Resolve(id);
            if (step.IsNamed)
            {
                if (!FindMember(step, type, path, MaxDepth, out id)) return false;
                continue;
            }
            if (i > 0)
            {
                if (type.Kind != BtfKind.Array) return false;
                if ((uint)step.Index >= type.ElementCount && !path.EndsInFlexibleArray(type)) return false;
                type = targetBtf.Resolve(type.ElementTypeId);
            }
            if (!path.TryPush(step.Index)) return false;
            path.Add(new CoreAccessor(type.Id, step.Index, 0));
            path.AdvanceElements(type.Id, step.Index);
            id = type.Id;
        }
        return true;
    }

    bool FindMember(CoreAccessor step, BtfType type, CorePath path, int depth, out uint nextId)
    {
        nextId = 0;
        if (!type.IsComposite || depth == 0) return false;
        var localMember = localBtf[step.TypeId].Member(step.Index);
        var name = localBtf.NameAt(localMember.NameOffset);
        for (var i = 0; i < type.Count; i++)
        {
            Spend();
            var member = type.Member(i);
            var isAnonymous = targetBtf.NameEquals(member.NameOffset, default);
            if (!isAnonymous && !targetBtf.NameEquals(member.NameOffset, name)) continue;
            if (!path.TryPush(i)) return false;
            path.Advance(member.BitOffset);
            if (isAnonymous)
            {
                if (FindMember(step, targetBtf.Resolve(member.TypeId), path, depth - 1, out nextId)) return true;
            }
            else
            {
                // Names are unique in a composite: a member of another kind means that the field is not there.
                path.Add(new CoreAccessor(type.Id, i, member.NameOffset));
                nextId = member.TypeId;
                return FieldsAreCompatible(localMember.TypeId, member.TypeId);
            }
            path.Pop(member.BitOffset);
        }
        return false;
    }

    bool FieldsAreCompatible(uint localId, uint targetId)
    {
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            var local = localBtf.Resolve(localId);
            var target = targetBtf.Resolve(targetId);
            if (local.IsComposite && target.IsComposite) return true;
            if (!KindsAgree(local, target)) return false;
            switch (local.Kind)
            {
                case BtfKind.Pointer or BtfKind.Float:
                    return true;
                case BtfKind.Forward or BtfKind.Enum or BtfKind.Enum64:
                    var localName = BtfName.Essential(local.Utf8Name);
                    var targetName = BtfName.Essential(target.Utf8Name);
                    return localName.IsEmpty || targetName.IsEmpty || localName.SequenceEqual(targetName);
                case BtfKind.Int:
                    return local.BitOffset == 0 && target.BitOffset == 0;
                case BtfKind.Array:
                    (localId, targetId) = (local.ElementTypeId, target.ElementTypeId);
                    break;
                default:
                    return false;
            }
        }
        return false;
    }

    bool TypesAreCompatible(uint localId, uint targetId, int depth)
    {
        for (; ; depth--)
        {
            if (depth <= 0) throw TooDeep(localId);
            Spend();
            var local = localBtf.Resolve(localId);
            var target = targetBtf.Resolve(targetId);
            if (!KindsAgree(local, target)) return false;
            switch (local.Kind)
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward:
                    return true;
                case BtfKind.Int:
                    return local.BitOffset == 0 && target.BitOffset == 0;
                case BtfKind.Pointer:
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                case BtfKind.Array:
                    (localId, targetId) = (local.ElementTypeId, target.ElementTypeId);
                    break;
                case BtfKind.FunctionPrototype:
                    if (local.Count != target.Count) return false;
                    for (var i = 0; i < local.Count; i++)
                    {
                        if (!TypesAreCompatible(local.Parameter(i).TypeId, target.Parameter(i).TypeId, depth - 1)) return false;
                    }
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                default:
                    return false;
            }
        }
    }

    bool TypesMatch(uint localId, uint targetId, bool isBehindPointer, int depth)
    {
        for (; ; depth--)
        {
            if (depth <= 0) throw TooDeep(localId);
            Spend();
            var local = localBtf.Resolve(localId);
            var target = targetBtf.Resolve(targetId);
            if (!NamesMatch(local.NameOffset, target.NameOffset)) return false;
            switch (local.Kind)
            {
                case BtfKind.Void:
                    return target.Kind == BtfKind.Void;
                case BtfKind.Forward:
                    return local.Kind == target.Kind ? local.KindFlag == target.KindFlag
                        : isBehindPointer && target.Kind == (local.KindFlag ? BtfKind.Union : BtfKind.Struct);
                case BtfKind.Enum or BtfKind.Enum64:
                    return target.IsEnum && EnumeratorsMatch(local, target);
                case BtfKind.Struct or BtfKind.Union:
                    if (!isBehindPointer) return local.Kind == target.Kind && MembersMatch(local, target, depth - 1);
                    return local.Kind == target.Kind || (target.Kind == BtfKind.Forward && target.KindFlag == (local.Kind == BtfKind.Union));
                case BtfKind.Int:
                    return target.Kind == BtfKind.Int && local.Size == target.Size && local.IsSigned == target.IsSigned;
                case BtfKind.Float:
                    return target.Kind == BtfKind.Float && local.Size == target.Size;
                case BtfKind.Pointer:
                    if (target.Kind != BtfKind.Pointer) return false;
                    isBehindPointer = true;
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                case BtfKind.Array:
                    if (target.Kind != BtfKind.Array || local.ElementCount != target.ElementCount) return false;
                    (localId, targetId) = (local.ElementTypeId, target.ElementTypeId);
                    break;
                case BtfKind.FunctionPrototype:
                    if (target.Kind != BtfKind.FunctionPrototype || local.Count != target.Count) return false;
                    for (var i = 0; i < local.Count; i++)
                    {
                        if (!TypesMatch(local.Parameter(i).TypeId, target.Parameter(i).TypeId, isBehindPointer, depth - 1)) return false;
                    }
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                default:
                    return false;
            }
        }
    }

    bool MembersMatch(BtfType local, BtfType target, int depth)
    {
        if (local.Count > target.Count) return false;
        for (var i = 0; i < local.Count; i++)
        {
            var wanted = local.Member(i);
            var isFound = false;
            for (var j = 0; j < target.Count && !isFound; j++)
            {
                Spend();
                var member = target.Member(j);
                isFound = NamesMatch(wanted.NameOffset, member.NameOffset) && TypesMatch(wanted.TypeId, member.TypeId, false, depth);
            }
            if (!isFound) return false;
        }
        return true;
    }

    bool EnumeratorsMatch(BtfType local, BtfType target)
    {
        if (local.Size != target.Size || local.Count > target.Count) return false;
        for (var i = 0; i < local.Count; i++)
        {
            var isFound = false;
            for (var j = 0; j < target.Count && !isFound; j++)
            {
                Spend();
                isFound = NamesMatch(local.Enumerator(i).NameOffset, target.Enumerator(j).NameOffset);
            }
            if (!isFound) return false;
        }
        return true;
    }

    bool NamesMatch(uint localOffset, uint targetOffset) =>
        BtfName.Essential(localBtf.NameAt(localOffset)).SequenceEqual(BtfName.Essential(targetBtf.NameAt(targetOffset)));

    static bool KindsAgree(BtfType local, BtfType target) => local.Kind == target.Kind || (local.IsEnum && target.IsEnum);

    void Spend()
    {
        if (--_budget < 0) throw new BpfFormatException($"BTF {targetBtf.Name}: matching a type of {localBtf.Name} takes too long");
    }

    BpfFormatException TooDeep(uint id) => new($"BTF {localBtf.Name}: type {localBtf[id]} nests too deeply to be matched");
}
