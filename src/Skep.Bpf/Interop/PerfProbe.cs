using System.Globalization;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>Perf events of the dynamic PMUs <c>kprobe</c> and <c>uprobe</c> (kernel/events/core.c: perf_kprobe, perf_uprobe). Since Linux 4.17.</summary>
static unsafe class PerfProbe
{
    const string Devices = "/sys/bus/event_source/devices";

    /// <summary>The PMU's type number, or null when the kernel has no such PMU.</summary>
    public static uint? PmuType(string pmu)
    {
        var path = $"{Devices}/{pmu}/type";
        return File.Exists(path) ? uint.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Opens a probe, disabled. Returns the descriptor or the negated errno.</summary>
    /// <param name="pmu"><c>kprobe</c> or <c>uprobe</c>.</param>
    /// <param name="type">The PMU's type number.</param>
    /// <param name="isReturn">At return instead of entry.</param>
    /// <param name="name">Kernel function or file path; null to probe a kernel address.</param>
    /// <param name="offset">Offset from the function or in the file, or the kernel address.</param>
    /// <param name="referenceCounter">File offset of a semaphore, or 0.</param>
    /// <param name="pid">The only process, or -1.</param>
    public static int TryOpen(string pmu, uint type, bool isReturn, string? name, ulong offset, ulong referenceCounter, int pid)
    {
        var attr = new PerfEventAttr { Type = type, Flags = PerfEventFlags.Disabled, Config2 = offset };
        if (isReturn) attr.Config |= 1UL << FormatBit(pmu, "retprobe");
        if (referenceCounter != 0) attr.Config |= referenceCounter << FormatBit(pmu, "ref_ctr_offset");
        var utf8 = name is null ? null : Encoding.UTF8.GetBytes(name + "\0");
        fixed (byte* pointer = utf8)
        {
            attr.Config1 = BpfSyscall.Pointer(pointer);
            // One event serves every CPU; a system-wide one must name some CPU (kernel/trace/trace_event_perf.c).
            return PerfEvent.TryOpen(ref attr, pid, pid < 0 ? 0 : -1);
        }
    }

    /// <summary>The lowest bit of a field of <c>config</c>, from a file such as <c>config:32-63</c>; -1 when the PMU has no such field.</summary>
    public static int FormatBit(string pmu, string field)
    {
        var path = $"{Devices}/{pmu}/format/{field}";
        if (!File.Exists(path)) return -1;
        var text = File.ReadAllText(path).Trim();
        var range = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('-')[0];
        return int.Parse(range, CultureInfo.InvariantCulture);
    }
}
