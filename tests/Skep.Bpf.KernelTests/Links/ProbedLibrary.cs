using System.Runtime.InteropServices;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>The shared object of <c>tests/fixtures/probes.c</c>, loaded into this process.</summary>
static unsafe class ProbedLibrary
{
    static readonly nint s_library = NativeLibrary.Load(Path);

    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "fixtures", "probes.so");

    public static void Fire(long number, int pointee) => ((delegate* unmanaged<long, int*, void>)Function("skep_fire"))(number, &pointee);

    public static void FireAgain(long number, int pointee) => ((delegate* unmanaged<long, int*, void>)Function("skep_fire_again"))(number, &pointee);

    public static void Guarded() => ((delegate* unmanaged<void>)Function("skep_guarded"))();

    public static int Listeners => ((delegate* unmanaged<int>)Function("skep_listeners"))();

    public static long SlowStart(long a, long b, long c) => ((delegate* unmanaged<long, long, long, long>)Function("skep_slow_start"))(a, b, c);

    static nint Function(string name) => NativeLibrary.GetExport(s_library, name);
}
