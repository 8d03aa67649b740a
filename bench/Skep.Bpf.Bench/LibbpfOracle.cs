using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Skep.Bpf.Bench;

/// <summary>libbpf, called through a small C file that is compiled when a benchmark starts. Needs clang or cc, and libbpf-dev.</summary>
static unsafe class LibbpfOracle
{
    static readonly Lazy<nint> s_library = new(Build);

    /// <summary>The library, or null with the reason printed: then the benchmark shows our numbers alone.</summary>
    public static bool IsAvailable
    {
        get
        {
            try
            {
                return s_library.Value != 0;
            }
            catch (Exception e) when (e is BpfException or System.ComponentModel.Win32Exception or DllNotFoundException)
            {
                Console.Error.WriteLine($"no libbpf to compare with: {e.Message}");
                return false;
            }
        }
    }

    public static nint OpenRing(int map) => ((delegate* unmanaged<int, nint>)Symbol("ring_open"))(map);

    public static void CloseRing(nint consumer) => ((delegate* unmanaged<nint, void>)Symbol("ring_close"))(consumer);

    public static long Records(nint consumer) => ((delegate* unmanaged<nint, long>)Symbol("ring_records"))(consumer);

    public static void RunRing(nint consumer, int* stop, int timeout) => ((delegate* unmanaged<nint, int*, int, void>)Symbol("ring_run"))(consumer, stop, timeout);

    public static void DrainRing(nint consumer) => ((delegate* unmanaged<nint, void>)Symbol("ring_drain"))(consumer);

    public static ulong Lookups(int map, ulong mask, ulong count) => ((delegate* unmanaged<int, ulong, ulong, ulong>)Symbol("map_lookups"))(map, mask, count);

    public static ulong Batches(int map, uint size) => ((delegate* unmanaged<int, uint, ulong>)Symbol("map_batches"))(map, size);

    public static int KernelType(string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        var id = ((delegate* unmanaged<nint, int>)Symbol("kernel_type"))(text);
        Marshal.FreeCoTaskMem(text);
        return id;
    }

    public static int LoadObject(string path)
    {
        var text = Marshal.StringToCoTaskMemUTF8(path);
        var count = ((delegate* unmanaged<nint, int>)Symbol("object_load"))(text);
        Marshal.FreeCoTaskMem(text);
        return count;
    }

    static nint Symbol(string name) => NativeLibrary.GetExport(s_library.Value, name);

    static nint Build()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "libbpf", "oracle.c");
        var directory = Directory.CreateTempSubdirectory("skep-bench-");
        try
        {
            var library = Path.Combine(directory.FullName, "oracle.so");
            Compile(source, library);
            return NativeLibrary.Load(library);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    static void Compile(string source, string library)
    {
        string[] arguments = ["-O2", "-shared", "-fPIC", "-w", source, "-o", library, "-lbpf"];
        foreach (var compiler in new[] { "clang", "clang-19", "clang-14", "cc" })
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(compiler, arguments) { RedirectStandardError = true })!;
                var errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0) return;
                throw new BpfException($"{compiler}: {errors}");
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // not installed: the next one
            }
        }
        throw new BpfException("no C compiler");
    }
}
