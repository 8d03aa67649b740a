namespace Skep.Engine.Trials;

/// <summary>What a policy would have done.</summary>
[Flags]
public enum TrialVerdict
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A rule would have matched.</summary>
    Matched = 1 << 0,

    /// <summary>An event would have been sent.</summary>
    Posted = 1 << 1,

    /// <summary>The process would have been sent SIGKILL.</summary>
    Killed = 1 << 2,

    /// <summary>The process would have been sent another signal.</summary>
    Signalled = 1 << 3,

    /// <summary>The caller would have got an error in place of what it asked for.</summary>
    Denied = 1 << 4,

    /// <summary>Something else would have been done.</summary>
    Other = 1 << 5,
}
