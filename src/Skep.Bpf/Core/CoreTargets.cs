namespace Skep.Bpf;

/// <summary>
/// The types that programs are relocated against: the kernel's and, when those have no candidate, the modules'.
/// Module BTF is only read when it is first needed. Instances may be shared by several loads and threads.
/// </summary>
public sealed class CoreTargets
{
    readonly Lazy<IReadOnlyList<Btf>> _modules;

    /// <summary>Creates targets from a kernel's BTF and, lazily enumerated once, its modules'.</summary>
    public CoreTargets(Btf? kernel, IEnumerable<Btf>? modules = null)
    {
        Kernel = kernel;
        _modules = new(() => modules is null ? [] : [.. modules]);
    }

    /// <summary>No types at all: only relocations that ask nothing of the kernel resolve, the others count as missing.</summary>
    public static CoreTargets None { get; } = new(null);

    /// <summary>The running kernel and its modules. Requires at least Linux 5.4 with CONFIG_DEBUG_INFO_BTF.</summary>
    public static CoreTargets RunningKernel
    {
        get
        {
            lock (s_gate)
            {
                if (s_running.TryGetTarget(out var known)) return known;
                var targets = new CoreTargets(Btf.Kernel, LoadedModules());
                s_running.SetTarget(targets);
                return targets;
            }
        }
    }

    static readonly Lock s_gate = new();

    /// <summary>As <see cref="Btf.Kernel"/>: kept by those that use them.</summary>
    static readonly WeakReference<CoreTargets?> s_running = new(null);

    // A module may be unloaded between its name and its types.
    static IEnumerable<Btf> LoadedModules()
    {
        foreach (var name in Btf.Modules)
        {
            Btf? module = null;
            try
            {
                module = Btf.FromModule(name);
            }
            catch (BpfException) when (!Btf.Modules.Contains(name))
            {
                continue;
            }
            yield return module;
        }
    }

    /// <summary>The kernel's types; null for <see cref="None"/>.</summary>
    public Btf? Kernel { get; }

    /// <summary>
    /// Every type whose kind and essential name (the name without a flavour <c>___x</c>) are those of a local type.
    /// Modules are searched only if the kernel has none.
    /// </summary>
    public IReadOnlyList<BtfType> FindCandidates(BtfType local)
    {
        var found = new List<BtfType>();
        var essential = BtfName.Essential(local.Utf8Name);
        if (essential.IsEmpty || local.Kind == BtfKind.Void) return found;
        var kinds = local.IsEnum ? 1u << (int)BtfKind.Enum | 1u << (int)BtfKind.Enum64 : 1u << (int)local.Kind;
        Kernel?.CollectEssential(essential, kinds, found);
        if (found.Count > 0) return found;
        foreach (var module in _modules.Value) module.CollectEssential(essential, kinds, found);
        return found;
    }
}
