using Skep.Tetragon.Export;

namespace Skep.Agent.Events;

/// <summary>Takes events as they are exported. Called on the engine's thread, and never waits.</summary>
interface IEventSink
{
    /// <summary>An event. Its line lives as long as the call.</summary>
    void Write(in ExportedEvent exported, WireForm wire);

    /// <summary>Comes after a batch of events, and at least every few milliseconds.</summary>
    void OnBatch();
}
