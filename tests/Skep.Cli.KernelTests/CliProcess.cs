using System.Diagnostics;
using Skep.Testing;

namespace Skep.Cli.KernelTests;

/// <summary>Runs the program as a user does.</summary>
static class CliProcess
{
    public static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public static Process Start(params string[] arguments) => Process.Start(SkepProgram.With(arguments))!;

    /// <summary>Ends a program as Ctrl+C does, so that it closes in order.</summary>
    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public static bool Has(string tool) =>
        Environment.GetEnvironmentVariable("PATH")?.Split(':').Any(p => File.Exists(Path.Combine(p, tool))) == true || File.Exists($"/usr/sbin/{tool}");
}
