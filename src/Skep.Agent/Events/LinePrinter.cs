using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Prints each event as export JSON.</summary>
sealed class LinePrinter(OutputWriter output) : IEventSink
{
    public void Write(in ExportedEvent exported, WireForm wire) => output.Add(exported.Line);

    public void OnBatch() => output.OnBatch();
}
