namespace Skep.Bpf;

/// <summary>The outcome of a feature probe.</summary>
public enum FeatureStatus
{
    /// <summary>It was tried and works.</summary>
    Present,
    /// <summary>It was tried and does not work.</summary>
    Missing,
    /// <summary>The attempt failed for a reason that says nothing about the feature.</summary>
    Inconclusive,
}
