using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program that runs at samples of a counter or clock. Requires at least Linux 4.9; a kernel link since 5.15.</summary>
public sealed class PerfEventLink : PerfEventAttachment
{
    PerfEventLink(FileDescriptor? link, FileDescriptor perfEvent) : base(link, perfEvent) { }

    /// <summary>Attaches on one CPU.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.PerfEvent"/>.</param>
    /// <param name="cpu">The CPU, or -1 for any when a process is named.</param>
    /// <param name="options">The event.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it: ENOENT means that this machine has no such event, ENODEV that the CPU is off line.</exception>
    public static PerfEventLink Attach(BpfProgram program, int cpu, PerfEventOptions? options = null)
    {
        AttachFailure.RequireType(program, "a perf event", ProgramType.PerfEvent);
        options ??= new PerfEventOptions();
        var attr = new PerfEventAttr
        {
            Type = options.Type,
            Config = options.Config,
            SamplePeriodOrFrequency = options.Period != 0 ? options.Period : options.Frequency,
            Flags = PerfEventFlags.Disabled | (options.Period == 0 ? PerfEventFlags.Frequency : 0) | (options.ExcludeIdle ? PerfEventFlags.ExcludeIdle : 0),
        };
        var target = $"perf event {options.Type}/{options.Config} on CPU {cpu}";
        var result = PerfEvent.TryOpen(ref attr, options.ProcessId, cpu);
        if (result < 0)
        {
            throw AttachFailure.Create(program, target, -result, null, result switch
            {
                -Errno.ENOENT => "this machine has no such event (virtual machines often have no hardware counters)",
                -Errno.ENODEV => "the CPU is off line",
                -Errno.EACCES or -Errno.EPERM => "kernel.perf_event_paranoid forbids it without CAP_PERFMON",
                _ => null,
            });
        }
        var perfEvent = new FileDescriptor(result);
        try
        {
            return new PerfEventLink(Connect(program, perfEvent, options.Cookie, target), perfEvent);
        }
        catch
        {
            perfEvent.Dispose();
            throw;
        }
    }

    /// <summary>Attaches on every CPU that is on line.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it on some CPU; nothing stays attached.</exception>
    public static LinkSet AttachToEveryCpu(BpfProgram program, PerfEventOptions? options = null) =>
        LinkSet.Attach(OnlineCpus(File.ReadAllText("/sys/devices/system/cpu/online")), cpu => Attach(program, cpu, options));

    /// <summary>Expands a list such as <c>0-3,8</c>.</summary>
    internal static IEnumerable<int> OnlineCpus(string list)
    {
        foreach (var range in list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            var last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (var cpu = first; cpu <= last; cpu++) yield return cpu;
        }
    }
}
