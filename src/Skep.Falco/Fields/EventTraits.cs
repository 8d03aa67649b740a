namespace Skep.Falco.Fields;

/// <summary>What an event is.</summary>
[Flags]
public enum EventTraits
{
    /// <summary>Nothing special.</summary>
    None = 0,
    /// <summary>The end of a system call.</summary>
    Syscall = 1,
    /// <summary>It moves data from a descriptor.</summary>
    Reads = 2,
    /// <summary>It moves data to a descriptor.</summary>
    Writes = 4,
    /// <summary>It may put its caller to sleep.</summary>
    Waits = 8,
    /// <summary>The agent's own.</summary>
    Meta = 16,
    /// <summary>A system call of which nothing but its number is known.</summary>
    Generic = 32,
}
