using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>
/// Fits the code of one object to the types of a kernel (CO-RE, "compile once, run everywhere"). No system calls; not for several threads at once.
/// </summary>
/// <remarks>
/// When several kernel types share a name, all that have what a relocation asks for must give the same answer. Those that do not have it are
/// left out from then on for that local type, as libbpf does: a program that reads two members of one of two homonymous structs is not ambiguous.
/// </remarks>
public sealed class CoreRelocator
{
    readonly Btf _local;
    readonly CoreTargets _targets;
    readonly Dictionary<uint, IReadOnlyList<BtfType>> _candidates = [];

    /// <summary>Creates a relocator from an object's types to those of a kernel.</summary>
    public CoreRelocator(Btf local, CoreTargets targets)
    {
        _local = local;
        _targets = targets;
    }

    /// <summary>Computes what a relocation comes to.</summary>
    /// <exception cref="BpfFormatException">The relocation or the types are malformed, or candidates disagree.</exception>
    public CoreResult Resolve(in CoreRelocation relocation)
    {
        if (relocation.Kind > CoreRelocationKind.TypeMatches) throw new BpfFormatException($"BTF {_local.Name}: unknown CO-RE relocation kind {(int)relocation.Kind}");
        var local = CorePath.Parse(_local, relocation);
        if (relocation.Kind == CoreRelocationKind.LocalTypeId)
            return new CoreResult { Value = relocation.TypeId, OriginalValue = relocation.TypeId };

        CorePath? target = null;
        CoreResult result = default;
        var matching = new List<BtfType>();
        foreach (var candidate in CandidatesFor(relocation.TypeId))
        {
            var path = new CoreMatch(_local, candidate.Btf).Find(local, candidate);
            if (path is null) continue;
            matching.Add(candidate);
            var other = Combine(local, path, relocation.Kind, candidate);
            if (target is null)
            {
                (target, result) = (path, other);
            }
            else if (path.BitOffset != target.BitOffset || other.IsPoisoned != result.IsPoisoned || other.Value != result.Value)
            {
                throw new BpfFormatException($"CO-RE relocation {relocation.Kind} of {local} in {_local.Name} is ambiguous: {target} of type {result.Target.Id} gives {result.Value}, {path} of type {candidate.Id} gives {other.Value}");
            }
        }
        if (target is null) return Combine(local, null, relocation.Kind, default);
        _candidates[relocation.TypeId] = matching;
        return result;
    }

    /// <summary>Patches a function's code by its relocations.</summary>
    /// <param name="code">The code, changed in place.</param>
    /// <param name="relocations">The relocations, with slot indices into <paramref name="code"/>.</param>
    /// <param name="poisons">Receives a record for every instruction that had to be poisoned.</param>
    /// <param name="function">The function's name, for messages.</param>
    /// <exception cref="BpfFormatException">A relocation does not fit its instruction, is malformed or ambiguous.</exception>
    public void Apply(Span<Instruction> code, IEnumerable<CoreRelocation> relocations, ICollection<CorePoison> poisons, string function = "")
    {
        foreach (var relocation in relocations)
        {
            var result = Resolve(relocation);
            if (CorePatch.Apply(code, relocation, result, function)) continue;
            poisons.Add(new CorePoison(relocation.Index, relocation, Describe(relocation)));
        }
    }

    /// <summary>What a relocation asks for, in the object's terms: <c>struct task_struct.mm.start_brk (0:41:2 at offset 8)</c>.</summary>
    public string Describe(in CoreRelocation relocation) => CorePath.Parse(_local, relocation).ToString();

    IReadOnlyList<BtfType> CandidatesFor(uint localId)
    {
        if (_candidates.TryGetValue(localId, out var known)) return known;
        var local = _local[localId];
        if (local.Utf8Name.IsEmpty) throw new BpfFormatException($"BTF {_local.Name}: CO-RE cannot look for the anonymous type {local}");
        return _candidates[localId] = _targets.FindCandidates(local);
    }

    static CoreResult Combine(CorePath local, CorePath? target, CoreRelocationKind kind, BtfType candidate)
    {
        var original = CoreValue.Of(local, kind);
        var value = CoreValue.Of(target, kind);
        return new CoreResult
        {
            Value = value.Value,
            OriginalValue = original.Value,
            IsPoisoned = value.IsMissing,
            IsOriginalChecked = original.IsExact,
            OriginalMask = kind == CoreRelocationKind.EnumValue && local.Btf[local.Last.TypeId].Kind == BtfKind.Enum ? uint.MaxValue : ulong.MaxValue,
            OriginalSize = original.Size,
            Size = value.Size,
            IsSizeIncompatible = !value.IsMissing && original.Size != value.Size && !ExtendWithZeros(original.Accessed, value.Accessed),
            Target = candidate,
        };
    }

    // A narrower load still yields the right value where the upper bits are zero: pointers of a 32-bit kernel, unsigned integers.
    static bool ExtendWithZeros(BtfType a, BtfType b) =>
        (a.Kind == BtfKind.Pointer && b.Kind == BtfKind.Pointer) || (a.Kind == BtfKind.Int && b.Kind == BtfKind.Int && !a.IsSigned && !b.IsSigned);
}
