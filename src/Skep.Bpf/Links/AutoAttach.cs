using System.Globalization;

namespace Skep.Bpf;

/// <summary>Chooses the kind of link from a program's type and section.</summary>
static class AutoAttach
{
    /// <summary>Whether programs of this type have an attachment of their own, unlike those that are run, called, or given to a socket, route or device.</summary>
    public static bool IsAttachable(BpfProgram program) => program.Type is not (
        ProgramType.StructOps or ProgramType.SocketFilter or ProgramType.SkReuseport or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit
        or ProgramType.LwtSeg6local or ProgramType.LircMode2 or ProgramType.Syscall or ProgramType.SchedAct)
        && program.AttachType is not (AttachType.XdpDevmap or AttachType.XdpCpumap);

    public static BpfLink Attach(BpfProgram program, AutoAttachOptions options)
    {
        switch (program.Type)
        {
            case ProgramType.Tracepoint:
                var parts = Target(program, "category/name").Split('/', 2);
                if (parts.Length != 2) throw Missing(program, "a tracepoint as category/name in its section");
                return TracepointLink.Attach(program, parts[0], parts[1], options.Cookie);
            case ProgramType.RawTracepoint or ProgramType.RawTracepointWritable:
                return RawTracepointLink.Attach(program, Target(program, "a tracepoint"), options.Cookie);
            case ProgramType.Tracing when program.AttachType == AttachType.TraceIter:
                return IteratorLink.Attach(program, IteratorParameter(program.AttachTarget, options));
            case ProgramType.Tracing:
            case ProgramType.Lsm when program.AttachType != AttachType.LsmCgroup:
                return TracingLink.Attach(program, options.Cookie);
            case ProgramType.Extension:
                return FreplaceLink.Attach(program);
            case ProgramType.Kprobe:
                return AttachProbe(program, options);
            case ProgramType.PerfEvent:
                return PerfEventLink.AttachToEveryCpu(program, options.PerfEvent);
            case ProgramType.Xdp:
                return XdpLink.Attach(program, Interface(program, options));
            case ProgramType.SchedCls:
                return AttachTrafficControl(program, options);
            case ProgramType.SkLookup or ProgramType.FlowDissector:
                return NetnsLink.Attach(program);
            case ProgramType.SkMsg or ProgramType.SkSkb:
                return SockMapLink.Attach(program, options.Map ?? throw Missing(program, "a sockmap or sockhash (AutoAttachOptions.Map)"));
            case ProgramType.Netfilter:
                return NetfilterLink.Attach(program, options.Netfilter ?? throw Missing(program, "a hook (AutoAttachOptions.Netfilter)"));
            case ProgramType.CgroupSkb or ProgramType.CgroupSock or ProgramType.CgroupSockAddr or ProgramType.CgroupSockopt or ProgramType.CgroupSysctl
                or ProgramType.CgroupDevice or ProgramType.SockOps or ProgramType.Lsm:
                return CgroupLink.Attach(program, options.CgroupPath ?? throw Missing(program, "a control group (AutoAttachOptions.CgroupPath)"));
            case ProgramType.StructOps:
                throw new InvalidOperationException($"program '{program.Name}' is a member of a struct_ops map: attach the map with StructOpsLink");
            case ProgramType.SocketFilter or ProgramType.SkReuseport:
                throw new InvalidOperationException($"program '{program.Name}' is attached to a socket: use SocketFilterLink");
            case ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit:
                throw new InvalidOperationException($"program '{program.Name}' is attached to a route: use LwtLink");
            case ProgramType.LircMode2:
                throw new InvalidOperationException($"program '{program.Name}' is attached to a device: use LircLink");
            case ProgramType.LwtSeg6local:
                throw new InvalidOperationException($"program '{program.Name}' is the action of a route (End.BPF): use LwtLink");
            case ProgramType.SchedAct:
                throw new InvalidOperationException($"program '{program.Name}' is a traffic control action: use ClassicTcLink");
            default:
                throw new InvalidOperationException($"program '{program.Name}' of type {program.Type} is not attached but run or called");
        }
    }

    /// <summary>The one parameter that an iterator's target takes: the kernel refuses any other.</summary>
    static IteratorOptions IteratorParameter(string target, AutoAttachOptions options) => target switch
    {
        "cgroup" => new IteratorOptions { CgroupPath = options.CgroupPath },
        "task" or "task_file" or "task_vma" => new IteratorOptions { ProcessId = options.ProcessId },
        "bpf_map_elem" or "bpf_sk_storage_map" or "sockmap" => new IteratorOptions { Map = options.Map },
        _ => new IteratorOptions(),
    };

    static BpfLink AttachProbe(BpfProgram program, AutoAttachOptions options)
    {
        var family = program.SectionName.TrimStart('?').Split('/')[0];
        // Sleepable variants attach like the others.
        if (family.EndsWith(".s", StringComparison.Ordinal)) family = family[..^2];
        var isReturn = family.StartsWith("kret", StringComparison.Ordinal) || family.StartsWith("uret", StringComparison.Ordinal);
        switch (family)
        {
            case "kprobe" or "kretprobe":
                var (function, offset) = SplitOffset(Target(program, "a kernel function"));
                return KprobeLink.Attach(program, function, new KprobeOptions { Offset = offset, IsReturn = isReturn, Cookie = options.Cookie });
            case "ksyscall" or "kretsyscall":
                return KprobeLink.AttachSyscall(program, Target(program, "a system call"), new KprobeOptions { IsReturn = isReturn, Cookie = options.Cookie });
            case "kprobe.multi" or "kretprobe.multi" or "kprobe.session":
                return KprobeMultiLink.Attach(program, new KprobeMultiOptions { Pattern = Target(program, "a pattern of kernel functions"), IsReturn = isReturn });
            case "uprobe" or "uretprobe":
                var (binary, place) = SplitBinary(program);
                var (symbol, distance) = SplitOffset(place);
                var probe = new UprobeOptions { Offset = distance, IsReturn = isReturn, ProcessId = options.ProcessId, Cookie = options.Cookie };
                return symbol.Length == 0 ? UprobeLink.Attach(program, binary, probe) : UprobeLink.Attach(program, binary, symbol, probe);
            case "uprobe.multi" or "uretprobe.multi" or "uprobe.session":
                var (file, pattern) = SplitBinary(program);
                return UprobeMultiLink.Attach(program, file, new UprobeMultiOptions { Pattern = pattern, IsReturn = isReturn, ProcessId = options.ProcessId });
            case "usdt":
                var (path, names) = SplitBinary(program);
                // The path may hold colons, names never do: the provider is before the last one.
                var colon = path.LastIndexOf(':');
                if (colon <= 0) throw Missing(program, "a USDT probe as path:provider:name in its section");
                return UsdtLink.Attach(program, path[..colon], path[(colon + 1)..], names, new UsdtOptions { ProcessId = options.ProcessId, Cookie = options.Cookie, Specs = options.UsdtSpecs });
            default:
                throw Missing(program, $"a section that tells the kind of probe; '{program.SectionName}' does not");
        }
    }

    static BpfLink AttachTrafficControl(BpfProgram program, AutoAttachOptions options)
    {
        var interfaceIndex = Interface(program, options);
        return program.AttachType switch
        {
            AttachType.TcxIngress => TcxLink.Attach(program, interfaceIndex, TcDirection.Ingress),
            AttachType.TcxEgress => TcxLink.Attach(program, interfaceIndex, TcDirection.Egress),
            AttachType.NetkitPrimary => NetkitLink.Attach(program, interfaceIndex),
            AttachType.NetkitPeer => NetkitLink.Attach(program, interfaceIndex, onPeer: true),
            _ => ClassicTcLink.Attach(
                program, interfaceIndex, program.SectionName.EndsWith("egress", StringComparison.Ordinal) ? TcDirection.Egress : TcDirection.Ingress),
        };
    }

    static string Target(BpfProgram program, string what) =>
        program.AttachTarget.Length > 0 ? program.AttachTarget : throw Missing(program, $"{what} in its section");

    static int Interface(BpfProgram program, AutoAttachOptions options) =>
        options.InterfaceIndex > 0 ? options.InterfaceIndex : throw Missing(program, "an interface (AutoAttachOptions.InterfaceIndex)");

    static (string Binary, string Place) SplitBinary(BpfProgram program)
    {
        var target = Target(program, "a file and a place in it, path:function,");
        var colon = target.LastIndexOf(':');
        return colon > 0 && colon + 1 < target.Length ? (target[..colon], target[(colon + 1)..]) : throw Missing(program, "a place in the file, path:function, in its section");
    }

    /// <summary>Splits <c>function+0x10</c>; a bare number is an offset without a function.</summary>
    internal static (string Symbol, ulong Offset) SplitOffset(string place)
    {
        if (TryParseNumber(place, out var bare)) return ("", bare);
        var plus = place.LastIndexOf('+');
        return plus > 0 && TryParseNumber(place.AsSpan(plus + 1), out var offset) ? (place[..plus], offset) : (place, 0);
    }

    static bool TryParseNumber(ReadOnlySpan<char> text, out ulong value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    static InvalidOperationException Missing(BpfProgram program, string what) => new($"program '{program.Name}' cannot be attached by itself: it needs {what}");
}
