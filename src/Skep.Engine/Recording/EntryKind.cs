namespace Skep.Engine.Recording;

/// <summary>What an entry of a block tells. A reader steps over kinds that it does not know.</summary>
enum EntryKind : byte
{
    None = 0,

    /// <summary>Nanoseconds between boot and 1970 from here on.</summary>
    Clock = 1,

    /// <summary>A container, by a number of its own within the segment.</summary>
    Container = 2,

    /// <summary>A process, by a number of its own within the segment. Its parent and container come before it.</summary>
    Process = 3,

    /// <summary>A hook of a policy, by a number of its own within the segment: what its events hold, and how they are printed.</summary>
    Hook = 4,

    /// <summary>A process executed a program.</summary>
    Execution = 5,

    /// <summary>A process ended.</summary>
    Exit = 6,

    /// <summary>A rule of a policy matched.</summary>
    Match = 7,

    /// <summary>Which hooks are observed from here on.</summary>
    Coverage = 8,

    /// <summary>What was lost since the last of these entries.</summary>
    Loss = 9,
}
