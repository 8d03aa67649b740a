namespace Skep.Bpf;

/// <summary>Why a feature is missing.</summary>
public enum FeatureCause
{
    /// <summary>It is not missing.</summary>
    None,
    /// <summary>The kernel is older than the feature.</summary>
    TooOld,
    /// <summary>The kernel is new enough but was built or booted without it.</summary>
    NotBuilt,
    /// <summary>This process lacks a capability.</summary>
    Capability,
    /// <summary>Kernel lockdown forbids it.</summary>
    Lockdown,
    /// <summary>The kernel refuses to attach BPF trampolines (EPERM with an empty log) although nothing that it reports forbids them.</summary>
    TrampolinesRefused,
    /// <summary>The kernel has it but a switch of the system turns it off.</summary>
    Disabled,
    /// <summary>The feature exists, but not for this kind of program.</summary>
    NotForThisType,
    /// <summary>The device or driver at hand lacks it.</summary>
    Driver,
    /// <summary>None of the known causes.</summary>
    Unknown,
}
