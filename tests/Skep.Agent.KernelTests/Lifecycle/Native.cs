using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>System calls that tests make themselves.</summary>
static unsafe partial class Native
{
    [LibraryImport("libc", EntryPoint = "getpgid")]
    public static partial int GetProcessGroup(int pid);

    [LibraryImport("libc", EntryPoint = "getsid")]
    public static partial int GetSession(int pid);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int pid, int* status, int options);

    /// <summary>Runs a program to its end by vfork and execve, without what Process does beside; its pid, or a negated errno.</summary>
    public static int Run(string program, string argument)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(program + '\0'))
        fixed (byte* first = Encoding.UTF8.GetBytes(argument + '\0'))
        {
            var arguments = stackalloc byte*[3] { path, first, null };
            var environment = stackalloc byte*[1] { null };
            int pid, status;
            var error = PosixSpawn(&pid, path, null, null, arguments, environment);
            if (error != 0) return -error;
            while (WaitPid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == 4)
            {
            }
            return pid;
        }
    }
}
