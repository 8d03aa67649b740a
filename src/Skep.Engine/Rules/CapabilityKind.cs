namespace Skep.Engine.Rules;

/// <summary>A process's sets of capabilities.</summary>
public enum CapabilityKind
{
    /// <summary>What counts in permission checks.</summary>
    Effective,

    /// <summary>What survives an execution, with the file's.</summary>
    Inheritable,

    /// <summary>What may become effective.</summary>
    Permitted,
}
