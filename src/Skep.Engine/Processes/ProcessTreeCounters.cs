namespace Skep.Engine.Processes;

/// <summary>What a <see cref="ProcessTree"/> had to do beside its plain work, counted since it was made.</summary>
public sealed class ProcessTreeCounters
{
    /// <summary>Ended processes that left when their time was over.</summary>
    public long Expired { get; internal set; }

    /// <summary>Ended processes without running descendants that left early, for the memory cap.</summary>
    public long EvictedEnded { get; internal set; }

    /// <summary>Ended processes with running descendants that left for the memory cap.</summary>
    public long EvictedAncestors { get; internal set; }

    /// <summary>Running processes that left for the memory cap.</summary>
    public long EvictedRunning { get; internal set; }

    /// <summary>Ended processes whose arguments, environment and printed form were dropped for the memory cap.</summary>
    public long TextsDroppedOfEnded { get; internal set; }

    /// <summary>Running processes whose arguments, environment and printed form were dropped for the memory cap.</summary>
    public long TextsDroppedOfRunning { get; internal set; }

    /// <summary>Processes known by another event than their fork or execution: that one was lost or never seen.</summary>
    public long LostStarts { get; internal set; }

    /// <summary>Processes that the kernel had left out because no policy asked for them, and that an event or a child made known.</summary>
    public long Untold { get; internal set; }

    /// <summary>Processes whose end was concluded from the next use of their pid.</summary>
    public long LostEnds { get; internal set; }

    /// <summary>Starts that arrived after a newer image of the same pid.</summary>
    public long LateStarts { get; internal set; }

    /// <summary>Starts and ends that arrived more than once.</summary>
    public long Repeated { get; internal set; }

    /// <summary>Records of the creation of threads; the tree knows processes only.</summary>
    public long Threads { get; internal set; }

    /// <summary>More arguments or environment that could not be appended: a part before them was lost, or the memory cap forbids.</summary>
    public long TextsCut { get; internal set; }

    /// <summary>Records that are not what they claim to be.</summary>
    public long Malformed { get; internal set; }
}
