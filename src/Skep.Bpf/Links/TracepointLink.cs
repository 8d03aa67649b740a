using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on a kernel tracepoint. Requires at least Linux 4.7; a kernel link since 5.15.</summary>
public sealed class TracepointLink : PerfEventAttachment
{
    TracepointLink(FileDescriptor? link, FileDescriptor perfEvent) : base(link, perfEvent) { }

    /// <summary>Attaches to <paramref name="category"/>/<paramref name="name"/>, for example <c>sched/sched_switch</c>.</summary>
    /// <param name="program">A program of type <see cref="ProgramType.Tracepoint"/>.</param>
    /// <param name="category">Directory below <c>events</c> of tracefs.</param>
    /// <param name="name">Name of the tracepoint.</param>
    /// <param name="cookie">What <c>bpf_get_attach_cookie</c> returns. Requires at least Linux 5.15 when not 0.</param>
    /// <exception cref="BpfException">There is no such tracepoint; the message names those that are spelt alike.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static TracepointLink Attach(BpfProgram program, string category, string name, ulong cookie = 0)
    {
        AttachFailure.RequireType(program, "a tracepoint", ProgramType.Tracepoint);
        var target = $"tracepoint {category}/{name}";
        var id = TraceFs.TracepointId(category, name) ?? throw new BpfException($"attach program '{program.Name}' to {target}: {WhyUnknown(category, name)}");
        var attr = new PerfEventAttr { Type = PerfEvent.TypeTracepoint, Config = id, Flags = PerfEventFlags.Disabled };
        var result = PerfEvent.TryOpen(ref attr, pid: -1, cpu: 0);
        if (result < 0) throw AttachFailure.Create(program, target, -result);
        var perfEvent = new FileDescriptor(result);
        try
        {
            return new TracepointLink(Connect(program, perfEvent, cookie, target), perfEvent);
        }
        catch
        {
            perfEvent.Dispose();
            throw;
        }
    }

    static string WhyUnknown(string category, string name)
    {
        var names = TraceFs.Names(category).ToList();
        return names.Count == 0
            ? $"this kernel has no tracepoint category {category}{NearestName.Suffix(category, TraceFs.Categories)}"
            : $"this kernel has no such tracepoint{NearestName.Suffix(name, names)}";
    }
}
