using Microsoft.Win32.SafeHandles;

namespace Skep.Cli.Output;

/// <summary>
/// Standard output for verbs that print without end. The console's own stream takes no notice when whoever reads has gone
/// (<c>skep events | head</c>): this one fails with EPIPE then, which ends the program quietly.
/// </summary>
static class StandardOutput
{
    const int EPIPE = 32, Descriptor = 1;

    public static Stream Open()
    {
        if (!Console.IsOutputRedirected) return Console.OpenStandardOutput();
        var raw = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // Files have a place where to write, which is shared with who else writes there: only the console's stream heeds it.
        if (!raw.CanSeek) return raw;
        raw.Dispose();
        return Console.OpenStandardOutput();
    }

    /// <summary>Has the console take notice too when it writes to a pipe.</summary>
    public static void Attend()
    {
        if (Console.IsOutputRedirected) Console.SetOut(new StreamWriter(Open(), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
    }

    /// <summary>Whether nobody reads any more.</summary>
    public static bool IsClosed(Exception error) => error is IOException { HResult: EPIPE };
}
