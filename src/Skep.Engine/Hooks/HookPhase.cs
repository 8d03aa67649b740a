namespace Skep.Engine.Hooks;

/// <summary>Before or after what is hooked.</summary>
public enum HookPhase
{
    /// <summary>Before it runs.</summary>
    Entry,

    /// <summary>When it has returned.</summary>
    Return,
}
