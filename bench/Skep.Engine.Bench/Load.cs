using System.Diagnostics;
using System.Globalization;
using Skep.Bpf;

namespace Skep.Engine.Bench;

/// <summary>The observed process: a small C program, compiled when a benchmark starts, pinned to one CPU. Needs clang or cc.</summary>
sealed class Load : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("skep-bench-").FullName;
    readonly Process _process;

    public Load(int cpu)
    {
        var program = Path.Combine(_folder, "load");
        var source = Path.Combine(AppContext.BaseDirectory, "load.c");
        if (!Compilers.Any(compiler => Runs(compiler, "-O2", "-o", program, source))) throw new BpfException("the load needs a C compiler");
        // In tmpfs, so that a write is nothing but a write; of the length that paths of servers have.
        File = $"/dev/shm/skep-bench-{Environment.ProcessId}-var-lib-service-data-records.db";
        _process = Process.Start(new ProcessStartInfo(program, [File, cpu.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _process.StandardInput.AutoFlush = true;
    }

    static string[] Compilers => ["cc", "gcc", "clang", "clang-19"];

    /// <summary>What it opens, reads and writes.</summary>
    public string File { get; }

    public uint Pid => (uint)_process.Id;

    /// <summary>Nanoseconds of CPU time that one operation takes, children included.</summary>
    public double Run(string verb, int count)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verb} {count}"));
        var answer = _process.StandardOutput.ReadLine() ?? throw new BpfException("the load ended");
        return double.Parse(answer, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    static bool Runs(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(program, arguments);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
