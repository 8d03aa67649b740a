namespace Skep.Cli.Run;

/// <summary>Where process events go.</summary>
interface IEventSink
{
    void Write(in ProcessEvent processEvent);

    /// <summary>Called after each batch.</summary>
    void Flush();
}
