using Skep.Engine.Processes;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Agent.Api;

/// <summary>Processes as messages: printed as events print them, and read back. For one thread at a time, whichever it is.</summary>
sealed class ProcessMessages(ExportOptions options)
{
    // Nothing is kept for another time.
    readonly ExportWriter _printer = new(options with { CachedProcesses = 1 });
    readonly EventTranscoder _transcoder = new();

    public Process Of(ProcessInfo process)
    {
        _printer.WriteProcess(process);
        var message = GetEventsResponse.Parser.ParseFrom(_transcoder.Encode(_printer.Written)).ProcessExec.Process;
        _printer.Reset();
        return message;
    }
}
