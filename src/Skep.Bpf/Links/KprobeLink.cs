using System.Globalization;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on the entry or return of one kernel function. Requires at least Linux 4.1; a kernel link since 5.15.</summary>
public sealed class KprobeLink : PerfEventAttachment
{
    KprobeLink(FileDescriptor? link, FileDescriptor perfEvent, Action? undo) : base(link, perfEvent, undo) { }

    /// <summary>Attaches to a kernel function.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Kprobe"/>.</param>
    /// <param name="symbol">Name of the function.</param>
    /// <param name="options">Entry or return, cookie, mechanism.</param>
    /// <exception cref="BpfSyscallException">There is no such function, it must not be probed, or the kernel has no kprobes; the message says which.</exception>
    public static KprobeLink Attach(BpfProgram program, string symbol, KprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        return Attach(program, symbol, address: 0, options ?? new KprobeOptions());
    }

    /// <summary>Attaches to a kernel address, as <c>/proc/kallsyms</c> shows it.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static KprobeLink Attach(BpfProgram program, ulong address, KprobeOptions? options = null) =>
        Attach(program, symbol: null, address, options ?? new KprobeOptions());

    /// <summary>
    /// Attaches to the kernel's function for a system call, for example <c>openat</c>: its name depends on architecture and kernel
    /// (arch/x86/include/asm/syscall_wrapper.h). The program's context is the caller's registers wrapped once more.
    /// </summary>
    /// <exception cref="BpfSyscallException">There is no such system call or the kernel refused it.</exception>
    public static KprobeLink AttachSyscall(BpfProgram program, string syscall, KprobeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(syscall);
        var prefix = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "__arm64_sys_" : "__x64_sys_";
        string[] names = [prefix + syscall, "__se_sys_" + syscall, "sys_" + syscall];
        BpfSyscallException? first = null;
        foreach (var name in names)
        {
            try
            {
                return Attach(program, name, options);
            }
            catch (BpfSyscallException error) when (error.ErrorNumber == Errno.ENOENT && PerfProbe.PmuType("kprobe") is not null)
            {
                first ??= error;
            }
        }
        throw first!;
    }

    static KprobeLink Attach(BpfProgram program, string? symbol, ulong address, KprobeOptions options)
    {
        AttachFailure.RequireType(program, "a kprobe", ProgramType.Kprobe);
        var place = symbol is null ? $"0x{address:x}" : options.Offset == 0 ? symbol : $"{symbol}+0x{options.Offset:x}";
        var target = $"{(options.IsReturn ? "kretprobe" : "kprobe")} {place}";
        var pmu = options.Mechanism == ProbeMechanism.TraceFs ? null : PerfProbe.PmuType("kprobe");
        TraceFsProbe? probe = null;
        int result;
        if (pmu is { } type)
        {
            result = PerfProbe.TryOpen("kprobe", type, options.IsReturn, symbol, symbol is null ? address : options.Offset, 0, pid: -1);
        }
        else
        {
            if (options.Mechanism == ProbeMechanism.PerfEvent || !File.Exists(Path.Combine(TraceFs.Root, "kprobe_events")))
            {
                throw AttachFailure.Create(program, target, Errno.ENOENT, null, WhyNone());
            }
            probe = TraceFsProbe.Add("kprobe_events", options.IsReturn, place);
            var attr = new PerfEventAttr { Type = PerfEvent.TypeTracepoint, Config = probe.Id, Flags = PerfEventFlags.Disabled };
            result = PerfEvent.TryOpen(ref attr, pid: -1, cpu: 0);
        }
        if (result < 0)
        {
            probe?.Remove();
            throw AttachFailure.Create(program, target, -result, null, WhyNot(symbol, -result));
        }
        var perfEvent = new FileDescriptor(result);
        try
        {
            return new KprobeLink(Connect(program, perfEvent, options.Cookie, target), perfEvent, probe is null ? null : probe.Remove);
        }
        catch
        {
            perfEvent.Dispose();
            probe?.Remove();
            throw;
        }
    }

    static string WhyNone() =>
        KernelVersion.Running >= new KernelVersion(4, 17) ? "this kernel has no kprobes: CONFIG_KPROBES or CONFIG_KPROBE_EVENTS is off" : "this kernel has no kprobe PMU";

    static string? WhyNot(string? symbol, int errno) => errno switch
    {
        Errno.ENOENT or Errno.EADDRNOTAVAIL when symbol is not null => $"this kernel has no function {symbol} that can be probed{NearestName.Suffix(symbol, KernelFunctions.Names())}",
        Errno.EINVAL => "the function is on the kernel's list of those that must not be probed, or the offset is not the start of an instruction",
        Errno.EILSEQ => "the address is not the start of an instruction",
        Errno.EPERM or Errno.EACCES => "kernel lockdown or kernel.perf_event_paranoid forbids it",
        _ => null,
    };
}
