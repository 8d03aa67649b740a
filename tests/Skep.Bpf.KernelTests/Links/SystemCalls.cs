using System.Runtime.InteropServices;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>Calls that tests make to set off what they attached to.</summary>
static partial class SystemCalls
{
    [LibraryImport("libc", EntryPoint = "getpgid", SetLastError = true)]
    public static partial int GetProcessGroup(int pid);

    [LibraryImport("libc", EntryPoint = "getsid", SetLastError = true)]
    public static partial int GetSession(int pid);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, uint who, int priority);

    [LibraryImport("libc", EntryPoint = "mallopt", SetLastError = true)]
    public static partial int MallocOption(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    private static unsafe partial int GetPeerName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static unsafe partial int GetSocketName(int socket, byte* address, int* length);

    /// <summary>.NET remembers the names of sockets; this asks the kernel.</summary>
    public static unsafe int GetPeerName(int socket)
    {
        var address = stackalloc byte[128];
        var length = 128;
        return GetPeerName(socket, address, &length);
    }

    /// <inheritdoc cref="GetPeerName(int)"/>
    public static unsafe int GetSocketName(int socket)
    {
        var address = stackalloc byte[128];
        var length = 128;
        return GetSocketName(socket, address, &length);
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    public static void Repeat(int times, Action call)
    {
        for (var i = 0; i < times; i++) call();
    }
}
