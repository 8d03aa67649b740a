namespace Skep.Bpf;

/// <summary>A program on every site of a USDT probe. Requires at least Linux 4.20 for probes with a semaphore, 5.15 to read arguments.</summary>
public sealed class UsdtLink : BpfLink
{
    readonly IReadOnlyList<BpfLink> _links;

    UsdtLink(IReadOnlyList<UsdtProbe> sites, IReadOnlyList<BpfLink> links, Action release) : base(null, release)
    {
        Sites = sites;
        _links = links;
    }

    /// <summary>The sites.</summary>
    public IReadOnlyList<UsdtProbe> Sites { get; }

    /// <summary>The kernel's links: one, or one per site.</summary>
    public IReadOnlyList<BpfLink> Links => _links;

    /// <summary>Attaches to a probe by provider and name.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Kprobe"/>; loaded for uprobe.multi it needs one kernel link for all sites.</param>
    /// <param name="binary">Path of the file, or a bare name to look for.</param>
    /// <param name="provider">The probe's provider.</param>
    /// <param name="name">The probe's name.</param>
    /// <param name="options">Process, cookie, argument table.</param>
    /// <exception cref="BpfException">There is no such probe in the file; the message names those that are spelt alike.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static UsdtLink Attach(BpfProgram program, string binary, string provider, string name, UsdtOptions? options = null)
    {
        AttachFailure.RequireType(program, "USDT", ProgramType.Kprobe);
        options ??= new UsdtOptions();
        var path = ExecutablePath.Resolve(binary, options.ProcessId);
        var probes = UsdtProbe.ReadAll(path);
        var sites = probes.Where(p => p.Provider == provider && p.Name == name).ToList();
        if (sites.Count == 0)
        {
            var nearest = NearestName.Suffix($"{provider}:{name}", probes.Select(p => $"{p.Provider}:{p.Name}").Distinct());
            throw new BpfException($"{path} has no USDT probe {provider}:{name}{(probes.Count == 0 ? "; it has none at all" : nearest)}");
        }
        var slots = new List<uint>();
        var links = new List<BpfLink>();
        try
        {
            var cookies = sites.Select(site => CookieFor(site, options, slots)).ToArray();
            if (program.AttachType == AttachType.TraceUprobeMulti)
            {
                links.Add(UprobeMultiLink.Attach(program, path, new UprobeMultiOptions
                {
                    Offsets = [.. sites.Select(s => s.FileOffset)],
                    ReferenceCounterOffsets = sites.Any(s => s.SemaphoreOffset != 0) ? [.. sites.Select(s => s.SemaphoreOffset)] : [],
                    Cookies = cookies,
                    ProcessId = options.ProcessId,
                }));
            }
            else
            {
                for (var i = 0; i < sites.Count; i++)
                {
                    links.Add(UprobeLink.Attach(program, new UprobeTarget(path, null, sites[i].FileOffset, null), new UprobeOptions
                    {
                        ReferenceCounterOffset = sites[i].SemaphoreOffset, Cookie = cookies[i], ProcessId = options.ProcessId,
                    }));
                }
            }
            return new UsdtLink(sites, links, () => Release(options, slots));
        }
        catch
        {
            foreach (var link in links) link.Dispose();
            Release(options, slots);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var link in _links) link.Dispose();
        }
        base.Dispose(disposing);
    }

    static ulong CookieFor(UsdtProbe site, UsdtOptions options, List<uint> slots)
    {
        if (options.Specs is not { } specs) return options.Cookie;
        var slot = specs.Add(site, options.Cookie);
        slots.Add(slot);
        return slot;
    }

    static void Release(UsdtOptions options, List<uint> slots)
    {
        foreach (var slot in slots) options.Specs?.Release(slot);
    }
}
