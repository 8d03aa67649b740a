using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>A link as <c>skep bpf link</c> prints it.</summary>
sealed record LinkRow
{
    public required uint Id { get; init; }
    public required string Type { get; init; }
    public uint? ProgId { get; init; }
    public string? ProgName { get; init; }
    public string? AttachType { get; init; }
    public string? Target { get; init; }
    public uint? MapId { get; init; }
    public ulong? Cookie { get; init; }
    public ulong? Missed { get; init; }
    public IReadOnlyList<Holder>? Pids { get; init; }

    public static LinkRow From(LinkInfo info, Holders holders)
    {
        var row = new LinkRow
        {
            Id = info.Id,
            Type = KernelNames.Of(info.Type),
            ProgId = info.ProgramId == 0 ? null : info.ProgramId,
            ProgName = ProgramName(info.ProgramId),
            Pids = holders.Of("link_id", info.Id) is { Count: > 0 } pids ? pids : null,
        };
        return info switch
        {
            RawTracepointLinkInfo raw => row with { Target = raw.Name, Cookie = NonZero(raw.Cookie) },
            TracingLinkInfo tracing => row with
            {
                AttachType = KernelNames.Of(tracing.AttachType), Target = TargetName(tracing.TargetObjectId, tracing.TargetBtfId), Cookie = NonZero(tracing.Cookie),
            },
            CgroupLinkInfo cgroup => row with { AttachType = KernelNames.Of(cgroup.AttachType), Target = $"cgroup {cgroup.CgroupId}" },
            IteratorLinkInfo iterator => row with { Target = iterator.Target, MapId = iterator.MapId == 0 ? null : iterator.MapId },
            NetnsLinkInfo netns => row with { AttachType = KernelNames.Of(netns.AttachType), Target = $"netns {netns.NamespaceInode}" },
            XdpLinkInfo xdp => row with { Target = InterfaceName(xdp.InterfaceIndex) },
            TcxLinkInfo tcx => row with { AttachType = KernelNames.Of(tcx.AttachType), Target = InterfaceName(tcx.InterfaceIndex) },
            NetkitLinkInfo netkit => row with { AttachType = KernelNames.Of(netkit.AttachType), Target = InterfaceName(netkit.InterfaceIndex) },
            PerfEventLinkInfo perf => row with
            {
                AttachType = KernelNames.Snake(perf.Kind.ToString()),
                Target = perf.Kind == PerfEventKind.Event ? $"type {perf.EventType} config {perf.EventConfig}" : perf.Offset == 0 ? perf.Name : $"{perf.Name}+0x{perf.Offset:x}",
                Cookie = NonZero(perf.Cookie),
                Missed = NonZero(perf.Missed),
            },
            KprobeMultiLinkInfo kprobes => row with { Target = $"{kprobes.Addresses.Count} functions", Missed = NonZero(kprobes.Missed) },
            UprobeMultiLinkInfo uprobes => row with { Target = $"{uprobes.Path}, {uprobes.Offsets.Count} places" },
            StructOpsLinkInfo ops => row with { MapId = ops.MapId },
            NetfilterLinkInfo netfilter => row with { Target = $"{netfilter.Family} {netfilter.Hook} priority {netfilter.Priority}" },
            SockMapLinkInfo sockMap => row with { AttachType = KernelNames.Of(sockMap.AttachType), MapId = sockMap.MapId },
            _ => row,
        };
    }

    static ulong? NonZero(ulong value) => value == 0 ? null : value;

    static string? ProgramName(uint id)
    {
        if (id == 0 || !BpfProgram.TryFromId(id, out var program)) return null;
        using (program) return program.Name;
    }

    static string InterfaceName(uint index)
    {
        if (index == 0) return "(interface is gone)";
        foreach (var directory in Directory.Exists("/sys/class/net") ? Directory.EnumerateDirectories("/sys/class/net") : [])
        {
            try
            {
                if (File.ReadAllText($"{directory}/ifindex").Trim() == $"{index}") return Path.GetFileName(directory);
            }
            catch (IOException)
            {
                // The interface went away.
            }
        }
        return $"interface {index}";
    }

    static string? TargetName(uint objectId, uint typeId)
    {
        try
        {
            // The object is either BTF of the kernel or a program; ids of the two are apart, and only BTF has the type.
            if (objectId == 0 || typeId == 0 || !BtfObject.TryFromId(objectId, out var btf)) return null;
            using (btf) return btf.Load()[typeId].Name is { } name && name.StartsWith("btf_trace_", StringComparison.Ordinal) ? name["btf_trace_".Length..] : btf.Load()[typeId].Name;
        }
        catch (BpfException)
        {
            return null;
        }
    }
}
