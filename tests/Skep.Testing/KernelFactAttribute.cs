using Xunit;

namespace Skep.Testing;

/// <summary>A test against the real kernel (root). It skips only when a probe shows that a feature it needs is missing, and names it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelFactAttribute : FactAttribute
{
    public KernelFactAttribute(params KernelFeature[] needs) => Skip = KernelFeatures.WhySkipped(needs ?? []);
}
