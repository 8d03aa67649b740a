namespace Skep.Falco;

/// <summary>What a rule does besides its alert.</summary>
public enum FalcoActionKind
{
    /// <summary>Kills the process.</summary>
    Kill,
    /// <summary>Sends it a signal.</summary>
    Signal,
    /// <summary>Refuses what it asked for.</summary>
    Deny,
    /// <summary>Reports a repeated alert less often.</summary>
    Throttle,
}
