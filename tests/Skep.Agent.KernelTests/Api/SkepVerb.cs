using System.Diagnostics;
using Skep.Testing;

namespace Skep.Agent.KernelTests.Api;

/// <summary>A verb as its users call it.</summary>
static class SkepVerb
{
    /// <summary>Runs it to its end.</summary>
    public static ChildProcess Run(params IEnumerable<string> arguments)
    {
        var command = Command(arguments);
        return ChildProcess.Run(command[0], command[1..]);
    }

    public static Process Start(params IEnumerable<string> arguments) => Process.Start(SkepProgram.With(arguments))!;

    /// <summary>The words of its command line.</summary>
    public static string[] Command(params IEnumerable<string> arguments)
    {
        var start = SkepProgram.With(arguments);
        return [start.FileName, .. start.ArgumentList];
    }
}
