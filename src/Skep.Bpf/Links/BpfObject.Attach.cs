namespace Skep.Bpf;

public sealed partial class BpfObject
{
    const string UsdtSpecsMap = "usdt_specs";

    UsdtSpecTable? _usdtSpecs;

    /// <summary>The table of <c>bpf/usdt.h</c>, from which programs read USDT arguments; null when the object has none.</summary>
    public UsdtSpecTable? UsdtSpecs => _usdtSpecs ??= Maps.TryGetValue(UsdtSpecsMap, out var map) ? new UsdtSpecTable(map) : null;

    /// <summary>
    /// Attaches every loaded program where its section says, and registers every struct_ops instance. Programs that are not attached
    /// but run or called, and members of struct_ops, are passed over.
    /// </summary>
    /// <param name="options">Interface, control group and what else sections do not name.</param>
    /// <exception cref="InvalidOperationException">A program's section does not say where, and the options do not either. Nothing stays attached.</exception>
    /// <exception cref="BpfException">There is no such target or the kernel refused it. Nothing stays attached.</exception>
    public LinkSet AttachAll(AutoAttachOptions? options = null)
    {
        options ??= new AutoAttachOptions();
        options = options with { UsdtSpecs = options.UsdtSpecs ?? UsdtSpecs };
        var programs = Programs.Values.Where(AutoAttach.IsAttachable).Select(p => (Func<BpfLink>)(() => p.Attach(options)));
        var instances = Maps.Where(m => m.Value.Type == MapType.StructOps).Select(m => (Func<BpfLink>)(() => AttachStructOps(m.Key)));
        return LinkSet.Attach(programs.Concat(instances), attach => attach());
    }

    /// <summary>Registers a struct_ops instance with the kernel. Requires at least Linux 5.6; a kernel link since 6.4 for instances in <c>.struct_ops.link</c>.</summary>
    /// <param name="map">The instance's name in the object.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public StructOpsLink AttachStructOps(string map)
    {
        if (!Maps.TryGetValue(map, out var instance)) throw new ArgumentException($"object {Spec.Name} has no map '{map}'", nameof(map));
        // With a link, loading has set the value already.
        return (instance.Flags & MapFlags.Link) != 0 ? StructOpsLink.Attach(instance) : StructOpsLink.Attach(instance, StructOpsValue(map));
    }
}
