namespace Skep.Engine.Recording;

/// <summary>Entries on their way to the disk.</summary>
sealed class RecordedBlock
{
    public EntryBuffer Buffer { get; } = new(RecordingFormat.BlockSize + RecordingFormat.BlockSize / 4);

    /// <summary>The segment that they are of.</summary>
    public uint Segment { get; private set; }

    public uint Events { get; private set; }

    /// <summary>Times of the first and the last event, nanoseconds since 1970.</summary>
    public long First { get; private set; }

    /// <inheritdoc cref="First"/>
    public long Last { get; private set; }

    public void Begin(uint segment)
    {
        Buffer.Reset();
        (Segment, Events, First, Last) = (segment, 0, 0, 0);
    }

    public void Count(long time)
    {
        if (Events++ == 0) First = time;
        Last = time;
    }
}
