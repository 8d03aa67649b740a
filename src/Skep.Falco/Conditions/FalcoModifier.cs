namespace Skep.Falco.Conditions;

/// <summary>How many of several constants must match.</summary>
public enum FalcoModifier
{
    /// <summary>There is one constant.</summary>
    None,
    /// <summary>Exactly one.</summary>
    OneOf,
    /// <summary>At least one.</summary>
    AnyOf,
    /// <summary>All.</summary>
    AllOf,
}
