using Skep.Bpf;

namespace Skep.Cli.Run;

/// <summary>
/// Hands records to the sink, all but those of the process that <see cref="SelfTest"/> started: it is known by its argument, since its pid may
/// be another one in the kernel than in this process's namespace.
/// </summary>
sealed class EventCollector(IEventSink sink, byte[] mark) : IRecordHandler
{
    uint _testPid;

    /// <summary>Whether the self-made event came back.</summary>
    public bool HasSeenMark { get; private set; }

    public long Events { get; private set; }

    public long Malformed { get; private set; }

    public bool Handle(ReadOnlySpan<byte> record)
    {
        if (!ProcessEvent.TryRead(record, out var processEvent))
        {
            Malformed++;
            return true;
        }
        if (!HasSeenMark && processEvent.IsExec && processEvent.Arguments.IndexOf(mark) >= 0)
        {
            HasSeenMark = true;
            _testPid = processEvent.Pid;
            return true;
        }
        if (_testPid != 0 && processEvent.Pid == _testPid)
        {
            if (!processEvent.IsExec) _testPid = 0;
            return true;
        }
        Events++;
        sink.Write(processEvent);
        return true;
    }
}
