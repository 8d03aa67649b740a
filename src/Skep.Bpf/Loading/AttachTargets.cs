namespace Skep.Bpf;

/// <summary>Finds the functions, tracepoints, hooks and iterators that programs name, in the kernel's types, its modules' or another program's.</summary>
sealed class AttachTargets(ObjectSpec spec, KernelTypes kernel)
{
    /// <summary>The target of a program; nothing for types that do not attach by BTF id. struct_ops members are found elsewhere.</summary>
    /// <exception cref="BpfException">There is no such target.</exception>
    public ResolvedTarget Find(ProgramSpec program)
    {
        var (prefix, kind, what) = (program.Type, program.AttachType) switch
        {
            (ProgramType.Tracing, AttachType.TraceRawTp) => ("btf_trace_", BtfKind.Typedef, "tracepoint"),
            (ProgramType.Tracing, AttachType.TraceIter) => ("bpf_iter_", BtfKind.Function, "iterator"),
            (ProgramType.Tracing, _) => ("", BtfKind.Function, "function"),
            (ProgramType.Lsm, _) => ("bpf_lsm_", BtfKind.Function, "LSM hook"),
            (ProgramType.Extension, _) => ("", BtfKind.Function, "function"),
            _ => ("", BtfKind.Void, ""),
        };
        if (kind == BtfKind.Void) return default;
        var name = program.AttachTarget;
        if (name.Length == 0) throw Error(program, $"its section '{program.SectionName}' names no {what}; set ProgramSpec.AttachTarget before the load");
        if (program.TargetProgram is { } target) return FindInProgram(program, target, name);
        if (program.Type == ProgramType.Extension) throw Error(program, "it replaces a function of another program; set ProgramSpec.TargetProgram before the load");
        return FindInKernel(program, prefix, name, kind, what);
    }

    ResolvedTarget FindInKernel(ProgramSpec program, string prefix, string name, BtfKind kind, string what)
    {
        KernelType found;
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && kind == BtfKind.Function && prefix.Length == 0)
        {
            if (!kernel.TryFindIn(name[..colon], name[(colon + 1)..], kind, out found)) throw Error(program, $"module {name[..colon]} has no {what} '{name[(colon + 1)..]}'");
        }
        else if (!kernel.TryFind(prefix + name, kind, out found))
        {
            throw Error(program, $"this kernel ({KernelVersion.Release}) has no {what} '{name}'{Nearest(prefix, name, kind)}");
        }
        return new ResolvedTarget(found.Type.Id, found.Descriptor);
    }

    ResolvedTarget FindInProgram(ProgramSpec program, BpfProgram target, string name)
    {
        var id = target.GetInfo().BtfId;
        if (id == 0) throw Error(program, $"its target program '{target.Name}' has no BTF; build that with -g");
        using var types = BtfObject.FromId(id);
        if (!types.Load().TryFind(name, BtfKind.Function, out var function)) throw Error(program, $"its target program '{target.Name}' has no function '{name}'");
        return new ResolvedTarget(function.Id, target.Fd.Value);
    }

    // A name that only differs by a common slip: another case, a missing or superfluous prefix.
    static string Nearest(string prefix, string name, BtfKind kind)
    {
        foreach (var type in KernelTypes.Vmlinux.OfKind(kind))
        {
            if (type.Name is { } other && other.Length > prefix.Length && other.StartsWith(prefix, StringComparison.Ordinal)
                && (other.AsSpan(prefix.Length).Equals(name, StringComparison.OrdinalIgnoreCase) || name.Length > 4 && other.EndsWith("_" + name, StringComparison.Ordinal)))
            {
                return $"; did you mean '{other[prefix.Length..]}'?";
            }
        }
        return "";
    }

    BpfException Error(ProgramSpec program, string what) => new($"object {spec.Name}: program '{program.Name}' ({program.SectionName}): {what}");
}
