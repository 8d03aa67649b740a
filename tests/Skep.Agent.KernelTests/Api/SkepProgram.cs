using System.Diagnostics;

namespace Skep.Agent.KernelTests.Api;

/// <summary>The program as its users call it, beside the tests or where the guests have it.</summary>
static class SkepProgram
{
    /// <summary>Runs a verb to its end.</summary>
    public static ChildProcess Run(params IEnumerable<string> arguments) => ChildProcess.Run(Command(arguments)[0], Command(arguments)[1..]);

    public static Process Start(params IEnumerable<string> arguments)
    {
        var command = Command(arguments);
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    /// <summary>The words of a command line.</summary>
    public static string[] Command(params IEnumerable<string> arguments)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "skep");
        return !File.Exists(beside) ? ["/sbin/skep", .. arguments]
            : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.ProcessPath!, beside + ".dll", .. arguments]
            : [beside, .. arguments];
    }
}
