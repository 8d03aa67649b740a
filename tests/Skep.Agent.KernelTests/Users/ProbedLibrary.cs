using System.Runtime.InteropServices;

namespace Skep.Agent.KernelTests.Users;

/// <summary>A shared object of <c>tests/fixtures/probes.c</c>, loaded into this process.</summary>
sealed unsafe class ProbedLibrary : IDisposable
{
    readonly nint _library;

    public ProbedLibrary(string path) => (Path, _library) = (path, NativeLibrary.Load(path));

    public static string Fixture => System.IO.Path.Combine(AppContext.BaseDirectory, "fixtures", "probes.so");

    public string Path { get; }

    public nint Handle => _library;

    /// <summary>Fires the probe and tells what the number in memory is then.</summary>
    public int Fire(long number, int inMemory)
    {
        ((delegate* unmanaged<long, int*, void>)NativeLibrary.GetExport(_library, "skep_fire"))(number, &inMemory);
        return inMemory;
    }

    public long SlowStart(long a, long b, long c) => ((delegate* unmanaged<long, long, long, long>)NativeLibrary.GetExport(_library, "skep_slow_start"))(a, b, c);

    public void Dispose() => NativeLibrary.Free(_library);
}
