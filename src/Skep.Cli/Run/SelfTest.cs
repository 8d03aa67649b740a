using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Skep.Cli.Run;

/// <summary>Starts a process that does nothing, so that an event of our own goes the whole way through the kernel.</summary>
static class SelfTest
{
    static readonly string[] s_programs = ["/bin/true", "/usr/bin/true", "/bin/busybox"];

    /// <summary>An argument that nobody else uses.</summary>
    public static string NewMark() => $"skep-ready-{Environment.ProcessId}-{Guid.NewGuid():n}";

    public static byte[] Bytes(string mark) => Encoding.UTF8.GetBytes(mark);

    /// <summary>Runs the process with the mark as its argument and waits for its end.</summary>
    public static void Run(string mark)
    {
        var program = Array.Find(s_programs, File.Exists) ?? Environment.ProcessPath ?? throw new UserException("found no program to start for the self-test");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        // busybox takes the name of its applet first; this binary ends at an option that it does not know.
        if (program.EndsWith("busybox", StringComparison.Ordinal)) start.ArgumentList.Add("true");
        start.ArgumentList.Add(mark);
        try
        {
            using var process = Process.Start(start);
            process?.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Win32Exception error)
        {
            throw new UserException($"cannot start {program} for the self-test: {error.Message}");
        }
    }
}
