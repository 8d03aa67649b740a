using System.Globalization;
using System.Text;
using Skep.Cli.Output;
using Skep.Engine.Records;

namespace Skep.Cli.Run;

/// <summary>One line an event in fixed columns, for people.</summary>
sealed class TableSink : IEventSink
{
    const string Green = "\e[32m", Red = "\e[31m", Grey = "\e[90m", Plain = "\e[0m";

    readonly TextWriter _output;
    readonly BootClock _clock;
    readonly bool _colours;
    readonly UserNames _users = new();
    readonly StringBuilder _line = new();

    public TableSink(TextWriter output, BootClock clock, bool colours)
    {
        (_output, _clock, _colours) = (output, clock, colours);
        output.WriteLine($"{"TIME",-12} {"EVENT",-5} {"PID",7} {"PPID",7} {"USER",-10} {"NAME",-15} DETAILS");
    }

    public void Write(in ProcessEvent processEvent)
    {
        _line.Clear();
        var time = _clock.TimeOf(processEvent.Time).ToLocalTime();
        var failed = !processEvent.IsExec && processEvent.ExitStatus != 0;
        if (_colours) _line.Append(processEvent.IsExec ? Green : failed ? Red : Grey);
        _line.Append(CultureInfo.InvariantCulture,
            $"{time:HH:mm:ss.fff} {(processEvent.IsExec ? "exec" : "exit"),-5} {processEvent.Pid,7} {processEvent.ParentPid,7} {_users.NameOf(processEvent.Uid),-10} ");
        AppendText(processEvent.Comm, 15);
        _line.Append(' ');
        if (processEvent.IsExec) AppendCommand(processEvent);
        else AppendEnd(processEvent);
        if (_colours) _line.Append(Plain);
        _output.WriteLine(_line);
    }

    public void Flush() => _output.Flush();

    void AppendCommand(in ProcessEvent processEvent)
    {
        AppendText(processEvent.Filename);
        if (processEvent.IsFilenameCut) _line.Append('…');
        var rest = processEvent.Arguments;
        var first = rest.IndexOf((byte)0);
        rest = first < 0 ? default : rest[(first + 1)..];
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            _line.Append(' ');
            AppendArgument(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        if (processEvent.AreArgumentsCut) _line.Append(" … (cut)");
    }

    void AppendEnd(in ProcessEvent processEvent)
    {
        if (processEvent.Signal != 0) _line.Append(CultureInfo.InvariantCulture, $"signal {processEvent.Signal}{(processEvent.HasDumpedCore ? ", core dumped" : "")}");
        else _line.Append(CultureInfo.InvariantCulture, $"code {processEvent.ExitCode}");
        _line.Append(CultureInfo.InvariantCulture, $", ran {Duration(processEvent.Time - processEvent.Start)}");
    }

    void AppendArgument(ReadOnlySpan<byte> text)
    {
        var quoted = text.IsEmpty || text.IndexOfAny(" \t\n'\""u8) >= 0;
        if (quoted) _line.Append('\'');
        AppendText(text);
        if (quoted) _line.Append('\'');
    }

    /// <summary>Control characters would let a process write to the terminal of whoever watches.</summary>
    void AppendText(ReadOnlySpan<byte> text, int width = 0)
    {
        var start = _line.Length;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var consumed);
            _line.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
            text = text[consumed..];
        }
        if (_line.Length - start < width) _line.Append(' ', width - (_line.Length - start));
    }

    internal static string Duration(ulong nanoseconds) => nanoseconds switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:F0} us"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:F1} ms"),
        < 60_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:F1} s"),
        _ => TimeSpan.FromSeconds(nanoseconds / 1_000_000_000).ToString("c", CultureInfo.InvariantCulture),
    };
}
