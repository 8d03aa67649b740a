namespace Skep.Engine.Hooks;

/// <summary>What an action at a hook can do about what happens there.</summary>
public enum ActionStrength
{
    /// <summary>Nothing: the hook only sees.</summary>
    None,

    /// <summary>The process dies, and what it was about to do has happened.</summary>
    KilledAfterEffect,

    /// <summary>What was about to happen does not.</summary>
    Prevented,
}
