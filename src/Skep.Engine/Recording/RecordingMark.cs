namespace Skep.Engine.Recording;

/// <summary>Where a recording knows a process or container by: kept with it, so that finding it costs nothing.</summary>
struct RecordingMark
{
    /// <summary>The segment, by a number that no two have in this process.</summary>
    public uint Segment;

    /// <summary>Its number there.</summary>
    public int Number;

    /// <summary>What it was like when it was written.</summary>
    public int Version;

    /// <summary>Number of the parent that it was written with; 0 for none.</summary>
    public int Parent;
}
