using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>What programs print with <c>bpf_printk</c>. The pipe is the machine's only one: whoever reads a line takes it from all others.</summary>
static class TracePipe
{
    /// <summary>Prints lines from a thread that ends with the process: a read of the pipe cannot be cancelled.</summary>
    public static void Follow(RecordPrinter output, CancellationToken stop)
    {
        string path;
        try
        {
            path = Path.Combine(TracingFileSystem.Root, "trace_pipe");
        }
        catch (BpfException error)
        {
            Console.Error.WriteLine($"skep: what the programs print with bpf_printk cannot be shown: {error.Message}");
            return;
        }
        var thread = new Thread(() => Read(path, output, stop)) { IsBackground = true, Name = "trace_pipe" };
        thread.Start();
    }

    static void Read(string path, RecordPrinter output, CancellationToken stop)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1));
            while (!stop.IsCancellationRequested && reader.ReadLine() is { } line) output.PrintTrace(line);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"skep: {path}: {error.Message}");
        }
    }
}
