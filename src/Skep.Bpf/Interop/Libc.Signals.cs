using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>Signals to other processes.</summary>
static partial class Libc
{
    public const int SIGTERM = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);
}
