namespace Skep.Bpf;

/// <summary>
/// The types of the running kernel that a load needs: vmlinux first, then the modules. Nothing is read before it is asked for. Owns descriptors
/// of the modules' BTF objects, which the kernel wants beside ids of module types.
/// </summary>
sealed class KernelTypes(Btf? relocationTypes) : IDisposable
{
    readonly Dictionary<string, BtfObject> _modules = [];
    CoreTargets? _core;

    /// <summary>What CO-RE relocations are resolved against: the types that the caller gave, or the running kernel's.</summary>
    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    public CoreTargets Core
    {
        get
        {
            if (_core is not null) return _core;
            if (relocationTypes is not null) return _core = new CoreTargets(relocationTypes);
            _ = Vmlinux;
            return _core = CoreTargets.RunningKernel;
        }
    }

    /// <summary>Types of the running kernel.</summary>
    /// <exception cref="BpfException">The kernel has no BTF.</exception>
    public static Btf Vmlinux
    {
        get
        {
            try
            {
                return Btf.Kernel;
            }
            catch (BpfException error) when (!File.Exists("/sys/kernel/btf/vmlinux"))
            {
                throw new BpfException("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): give its types with LoadOptions.KernelBtf, or use another kernel", error);
            }
        }
    }

    /// <summary>Finds a type in the kernel or, when that has none, in a module.</summary>
    public bool TryFind(string name, BtfKind kind, out KernelType found)
    {
        if (Vmlinux.TryFind(name, kind, out var type))
        {
            found = new KernelType(type, 0);
            return true;
        }
        foreach (var module in Btf.Modules)
        {
            if (!ModuleTypes.Of(module).TryFind(name, kind, out type)) continue;
            found = new KernelType(type, DescriptorOf(module));
            return true;
        }
        found = default;
        return false;
    }

    /// <summary>Finds a type in one module only; <c>vmlinux</c> stands for the kernel.</summary>
    public bool TryFindIn(string module, string name, BtfKind kind, out KernelType found)
    {
        found = default;
        var types = module == "vmlinux" ? Vmlinux : Btf.Modules.Contains(module) ? ModuleTypes.Of(module) : null;
        if (types is null || !types.TryFind(name, kind, out var type)) return false;
        found = new KernelType(type, type.Btf.Base is null ? 0 : DescriptorOf(module));
        return true;
    }

    public void Dispose()
    {
        foreach (var module in _modules.Values) module.Dispose();
    }

    int DescriptorOf(string module)
    {
        if (_modules.TryGetValue(module, out var known)) return known.Fd.Value;
        foreach (var id in ObjectIds.Btfs)
        {
            if (!BtfObject.TryFromId(id, out var candidate)) continue;
            if (candidate.IsKernel && candidate.Name == module)
            {
                _modules.Add(module, candidate);
                return candidate.Fd.Value;
            }
            candidate.Dispose();
        }
        throw new BpfException($"module {module} was unloaded while an object that needs it was being loaded");
    }
}
