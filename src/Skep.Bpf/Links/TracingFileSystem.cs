using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>The tracing file system (tracefs), which lists tracepoints and holds what programs print with <c>bpf_printk</c>.</summary>
public static class TracingFileSystem
{
    /// <summary>Its root: where it is mounted, or <c>/sys/kernel/tracing</c> after mounting it there, which needs CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">It is not mounted and cannot be.</exception>
    public static string Root => TraceFs.Root;
}
