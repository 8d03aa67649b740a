using System.Runtime.InteropServices;
using Shouldly;

namespace Skep.Bpf.KernelTests;

/// <summary>Keeps the calling thread on one CPU until it is disposed.</summary>
sealed partial class PinnedThread : IDisposable
{
    readonly ulong _before;

    public PinnedThread(int cpu)
    {
        GetAffinity(0, sizeof(ulong), out _before).ShouldBe(0);
        SetAffinity(0, sizeof(ulong), 1ul << cpu).ShouldBe(0);
    }

    public void Dispose() => SetAffinity(0, sizeof(ulong), _before).ShouldBe(0);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, in ulong cpus);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nint size, out ulong cpus);
}
