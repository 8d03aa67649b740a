using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on a place in an executable or library, in every process that maps it or in one. Requires at least Linux 4.1; a kernel link since 5.15.</summary>
public sealed class UprobeLink : PerfEventAttachment
{
    static readonly KernelSupport s_counters = new("a reference counter", new(4, 20));

    UprobeLink(FileDescriptor? link, FileDescriptor perfEvent, UprobeTarget target, Action? undo) : base(link, perfEvent, undo)
    {
        Path = target.Path;
        FileOffset = target.FileOffset;
        Placement = target.Placement;
    }

    /// <summary>The probed file, as this process reaches it.</summary>
    public string Path { get; }

    /// <summary>Where in the file the probe is.</summary>
    public ulong FileOffset { get; }

    /// <summary>Which instruction was chosen for a probe at a function's entry and why; null for returns, given offsets and other architectures than x86-64.</summary>
    public UprobePlacement? Placement { get; }

    /// <summary>Attaches to a function.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Kprobe"/>.</param>
    /// <param name="binary">Path of the file, or a bare name to look for (<c>libssl.so.3</c>, <c>bash</c>).</param>
    /// <param name="symbol">The function.</param>
    /// <param name="options">Entry or return, process, placement.</param>
    /// <exception cref="BpfException">There is no such file or function; the message names functions that are spelt alike.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static UprobeLink Attach(BpfProgram program, string binary, string symbol, UprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        options ??= new UprobeOptions();
        return Attach(program, UprobeTarget.Resolve(binary, symbol, options), options);
    }

    /// <summary>Attaches to <see cref="UprobeOptions.Offset"/> in a file.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static UprobeLink Attach(BpfProgram program, string binary, UprobeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Attach(program, new UprobeTarget(ExecutablePath.Resolve(binary, options.ProcessId), null, options.Offset, null), options);
    }

    internal static UprobeLink Attach(BpfProgram program, UprobeTarget place, UprobeOptions options)
    {
        AttachFailure.RequireType(program, "a uprobe", ProgramType.Kprobe);
        var target = $"{(options.IsReturn ? "uretprobe" : "uprobe")} {place}";
        var pid = options.ProcessId > 0 ? options.ProcessId : -1;
        var pmu = options.Mechanism == ProbeMechanism.TraceFs ? null : PerfProbe.PmuType("uprobe");
        TraceFsProbe? probe = null;
        int result;
        if (pmu is { } type)
        {
            result = PerfProbe.TryOpen("uprobe", type, options.IsReturn, place.Path, place.FileOffset, options.ReferenceCounterOffset, pid);
        }
        else
        {
            if (options.Mechanism == ProbeMechanism.PerfEvent || !File.Exists(System.IO.Path.Combine(TraceFs.Root, "uprobe_events")))
            {
                throw AttachFailure.Create(program, target, Errno.ENOENT, null, "this kernel has no uprobes: CONFIG_UPROBES or CONFIG_UPROBE_EVENTS is off");
            }
            var counter = options.ReferenceCounterOffset == 0 ? "" : $"(0x{options.ReferenceCounterOffset.ToString("x", CultureInfo.InvariantCulture)})";
            probe = TraceFsProbe.Add("uprobe_events", options.IsReturn, $"{place.Path}:0x{place.FileOffset.ToString("x", CultureInfo.InvariantCulture)}{counter}");
            var attr = new PerfEventAttr { Type = PerfEvent.TypeTracepoint, Config = probe.Id, Flags = PerfEventFlags.Disabled };
            result = PerfEvent.TryOpen(ref attr, pid, pid < 0 ? 0 : -1);
        }
        if (result < 0)
        {
            probe?.Remove();
            throw AttachFailure.Create(program, target, -result, options.ReferenceCounterOffset == 0 ? null : s_counters, result switch
            {
                -Errno.ESRCH => $"there is no process {options.ProcessId}",
                -Errno.ENOENT => $"{place.Path} does not exist for this process",
                -Errno.EINVAL => "the file is not a regular file, or two probes at one place name different semaphores",
                -Errno.EIO => $"{place.Path} cannot be mapped as code",
                _ => null,
            });
        }
        var perfEvent = new FileDescriptor(result);
        try
        {
            return new UprobeLink(Connect(program, perfEvent, options.Cookie, target), perfEvent, place, probe is null ? null : probe.Remove);
        }
        catch
        {
            perfEvent.Dispose();
            probe?.Remove();
            throw;
        }
    }
}
