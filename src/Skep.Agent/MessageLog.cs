using System.Text;

namespace Skep.Agent;

/// <summary>
/// The agent's messages on their way to standard error. The last ones are kept for a bug report. Written to by several threads, a line at a time.
/// </summary>
sealed class MessageLog(TextWriter output) : TextWriter
{
    const int Kept = 256;

    readonly Queue<string> _last = new();
    readonly Lock _gate = new();
    volatile bool _isVerbose;

    public override Encoding Encoding => output.Encoding;

    /// <summary>Whether <see cref="Detail"/> is said.</summary>
    public bool IsVerbose { get => _isVerbose; set => _isVerbose = value; }

    /// <summary>The last messages, oldest first, each with its time.</summary>
    public IReadOnlyList<string> Last
    {
        get
        {
            lock (_gate) return [.. _last];
        }
    }

    public override void Write(char value) => throw new NotSupportedException("messages are lines");

    public override void WriteLine(string? value)
    {
        lock (_gate)
        {
            if (_last.Count == Kept) _last.Dequeue();
            _last.Enqueue($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {value}");
            output.WriteLine(value);
        }
    }

    public override void WriteLine(object? value) => WriteLine(value?.ToString());

    public override void Flush() => output.Flush();

    /// <summary>Says what only someone wants to know who looks for a fault.</summary>
    public void Detail(string message)
    {
        if (_isVerbose) WriteLine(message);
    }
}
