namespace Skep.Bpf;

/// <summary>What a way of attaching needs from the kernel, for the message after a failure.</summary>
/// <param name="Feature">The feature in words that start a sentence.</param>
/// <param name="Since">The first kernel that has it.</param>
/// <param name="Alternative">What to use on older kernels.</param>
sealed record KernelSupport(string Feature, KernelVersion Since, string? Alternative = null)
{
    public bool IsOlderHere => KernelVersion.Running < Since;

    public override string ToString() => $"{Feature} needs Linux {Since}, this is {KernelVersion.Running.Series}";
}
