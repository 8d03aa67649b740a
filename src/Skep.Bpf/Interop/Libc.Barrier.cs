using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

static unsafe partial class Libc
{
    const int MEMBARRIER_CMD_GLOBAL = 1;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Membarrier(nint number, int command, uint flags, int cpu);

    /// <summary>
    /// Waits until every program that is running now has ended; not for sleepable ones. kernel/sched/membarrier.c: the global command is
    /// <c>synchronize_rcu</c>, and programs run inside of RCU's read side.
    /// </summary>
    public static void AwaitRunningPrograms()
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 324 : 283;
        // Refused on kernels with tickless CPUs: programs run for microseconds.
        if (Membarrier(number, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) Thread.Sleep(100);
    }
}
