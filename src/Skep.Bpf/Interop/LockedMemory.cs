using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>
/// The limit of locked memory, which kernels before 5.11 charge for maps and programs. It is raised once, when a first call fails:
/// newer kernels do not need it, and a failure to raise it shows in the error of the call itself.
/// </summary>
static unsafe partial class LockedMemory
{
    const int RLIMIT_MEMLOCK = 8;

    static readonly Lazy<bool> s_raised = new(Raise);

    public static ulong SoftLimit
    {
        get
        {
            var limit = default(Limit);
            return GetLimit(RLIMIT_MEMLOCK, &limit) == 0 ? limit.Soft : ulong.MaxValue;
        }
    }

    /// <summary>Raises the limit the first time; true when it is worth trying the failed call again.</summary>
    public static bool RaiseOnce() => !s_raised.IsValueCreated && KernelVersion.Running < new KernelVersion(5, 11, 0) && s_raised.Value;

    static bool Raise()
    {
        var limit = new Limit { Soft = ulong.MaxValue, Hard = ulong.MaxValue };
        if (SetLimit(RLIMIT_MEMLOCK, &limit) == 0) return true;
        if (GetLimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.Soft == limit.Hard) return false;
        limit.Soft = limit.Hard;
        return SetLimit(RLIMIT_MEMLOCK, &limit) == 0;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, Limit* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, Limit* limit);

    struct Limit
    {
        public ulong Soft, Hard;
    }
}
