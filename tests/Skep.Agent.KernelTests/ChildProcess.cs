using System.Diagnostics;

namespace Skep.Agent.KernelTests;

/// <summary>What became of a process that a test started.</summary>
/// <param name="Status">Its exit code; 128 and the signal's number when one ended it.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
sealed record ChildProcess(int Status, string Output, string Errors)
{
    const int SignalBase = 128, Kill = 9;

    public bool WasKilled => Status == SignalBase + Kill;

    /// <summary>Runs a program to its end.</summary>
    public static ChildProcess Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ChildProcess(process.ExitCode, output, errors.Result);
    }

    /// <summary>Runs a command of the shell to its end.</summary>
    public static ChildProcess Shell(string command) => Run("/bin/bash", "-c", command);
}
