using System.Diagnostics;

namespace Skep.Testing;

/// <summary>The <c>skep</c> that tests start: the one that <c>SKEP_BINARY</c> names, else the one that was built with the tests.</summary>
public static class SkepProgram
{
    /// <summary>How to start it, with its output and its messages to be read.</summary>
    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Environment.GetEnvironmentVariable("SKEP_BINARY") is { Length: > 0 } binary)
        {
            start.FileName = binary;
        }
        else if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.FileName = Environment.ProcessPath!;
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "skep.dll"));
        }
        else
        {
            start.FileName = Path.Combine(AppContext.BaseDirectory, "skep");
        }
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
