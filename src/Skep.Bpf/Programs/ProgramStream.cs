namespace Skep.Bpf;

/// <summary>Output streams of a program (include/uapi/linux/bpf.h: <c>BPF_STREAM_*</c>).</summary>
public enum ProgramStream : uint
{
    /// <summary><c>BPF_STREAM_STDOUT</c>: what it printed with <c>bpf_stream_vprintk(1, …)</c>.</summary>
    Output = 1,
    /// <summary><c>BPF_STREAM_STDERR</c>: reports of the kernel about it (faults, may_goto timeouts, deadlocks).</summary>
    Error = 2,
}
