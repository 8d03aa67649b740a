namespace Skep.Bpf;

/// <summary>What a probe found out about one feature of the running kernel.</summary>
public sealed record FeatureSupport
{
    internal FeatureSupport(string name, FeatureStatus status, FeatureCause cause = FeatureCause.None, string reason = "", KernelVersion since = default, int errorNumber = 0)
    {
        Name = name;
        Status = status;
        Cause = cause;
        Reason = reason;
        Since = since;
        ErrorNumber = errorNumber;
    }

    /// <summary>Name of the feature, for messages.</summary>
    public string Name { get; }

    /// <summary>Present, missing, or not to be told.</summary>
    public FeatureStatus Status { get; }

    /// <summary>Whether it works here.</summary>
    public bool IsPresent => Status == FeatureStatus.Present;

    /// <summary>Why it is missing.</summary>
    public FeatureCause Cause { get; }

    /// <summary>Why it is missing in words; for a present feature, a remark or empty.</summary>
    public string Reason { get; }

    /// <summary>The first version of Linux that has it; zero when unknown.</summary>
    public KernelVersion Since { get; }

    /// <summary>Positive error number of the attempt; 0 when it succeeded or none was made.</summary>
    public int ErrorNumber { get; }

    /// <inheritdoc/>
    public override string ToString() => Reason.Length == 0 ? $"{Name}: {Status}" : $"{Name}: {Status} ({Reason})";
}
