using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Counting of runs and run time of all programs, on while this object lives. It costs every run of every program some tens of nanoseconds,
/// so keep it short. Without it the kernel counts only when <c>kernel.bpf_stats_enabled</c> is set.
/// </summary>
public sealed class RuntimeStatistics : IDisposable
{
    readonly FileDescriptor _fd;

    RuntimeStatistics(FileDescriptor fd) => _fd = fd;

    /// <summary>Turns counting on until disposed. Requires at least Linux 5.8 and CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static RuntimeStatistics Enable()
    {
        var attr = default(EnableStatsAttr); // type 0 is BPF_STATS_RUN_TIME
        return new RuntimeStatistics(BpfSyscall.CallForFd(BpfCommand.EnableStats, ref attr, "enable run-time statistics"));
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    [StructLayout(LayoutKind.Sequential)]
    struct EnableStatsAttr
    {
        public uint Type;
    }
}
