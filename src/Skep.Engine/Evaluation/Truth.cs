namespace Skep.Engine.Evaluation;

/// <summary>What is known of a condition.</summary>
public enum Truth
{
    /// <summary>It does not hold.</summary>
    False,

    /// <summary>What there is to look at does not tell.</summary>
    Unknown,

    /// <summary>It holds.</summary>
    True,
}
