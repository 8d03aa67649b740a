using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A perf event: a tracepoint, kprobe, uprobe, counter or sampler. Details are reported since Linux 6.6.</summary>
/// <param name="Id">The kernel's id of the link.</param>
/// <param name="ProgramId">The attached program.</param>
/// <param name="Kind">What the event is.</param>
/// <param name="Name">The tracepoint, the kernel function or the file; empty for counters and samplers.</param>
public sealed record PerfEventLinkInfo(uint Id, uint ProgramId, PerfEventKind Kind, string Name) : LinkInfo(LinkType.PerfEvent, Id, ProgramId)
{
    /// <summary>Offset from the kernel function, or in the file.</summary>
    public uint Offset { get; init; }

    /// <summary>The kernel address of a kprobe; 0 when hidden from this user.</summary>
    public ulong Address { get; init; }

    /// <summary>Runs of a kprobe that were skipped because of recursion. Reported since Linux 6.7.</summary>
    public ulong Missed { get; init; }

    /// <summary>File offset of a uprobe's semaphore, or 0. Reported since Linux 6.16.</summary>
    public ulong ReferenceCounter { get; init; }

    /// <summary>The value that the program sees as its cookie; reported since Linux 6.9.</summary>
    public ulong Cookie { get; init; }

    /// <summary><c>perf_event_attr.type</c> of a counter or sampler.</summary>
    public uint EventType { get; init; }

    /// <summary><c>perf_event_attr.config</c> of a counter or sampler.</summary>
    public ulong EventConfig { get; init; }

    internal static PerfEventLinkInfo Create(uint id, uint programId, string name, in LinkInfoData data)
    {
        var kind = (PerfEventKind)data.PerfEventKind;
        var info = new PerfEventLinkInfo(id, programId, kind, kind == PerfEventKind.Event ? "" : name);
        return kind switch
        {
            PerfEventKind.Uprobe or PerfEventKind.Uretprobe => info with
            {
                Offset = data.PerfEventOffset, Cookie = data.UprobeCookie, ReferenceCounter = data.UprobeReferenceCounter,
            },
            PerfEventKind.Kprobe or PerfEventKind.Kretprobe => info with
            {
                Offset = data.PerfEventOffset, Address = data.KprobeAddress, Missed = data.KprobeMissed, Cookie = data.KprobeCookie,
            },
            PerfEventKind.Tracepoint => info with { Cookie = data.TracepointCookie },
            PerfEventKind.Event => info with { EventType = data.EventType, EventConfig = data.EventConfig, Cookie = data.EventCookie },
            _ => info,
        };
    }
}
