using Skep.Agent.Recording;

namespace Skep.Cli.Recording;

/// <summary>Says on standard error what a recording lacks: once, however often the same part is read.</summary>
sealed class RecordingRemarks
{
    readonly HashSet<string> _told = [];
    long _malformed;

    public void Tell(RecordedEvents events)
    {
        foreach (var fault in events.Faults.Where(_told.Add)) Console.Error.WriteLine($"skep: {fault}");
        if (events.Malformed > _malformed) Console.Error.WriteLine($"skep: {events.Malformed} entries of the recording make no sense or refer to a damaged part");
        _malformed = Math.Max(_malformed, events.Malformed);
        SaveCommand.Tell(events.Lost);
    }
}
