using Xunit;

namespace Skep.Testing;

/// <summary>As <see cref="KernelFactAttribute"/>, for a test with several rows of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    public KernelTheoryAttribute(params KernelFeature[] needs) => Skip = KernelFeatures.WhySkipped(needs ?? []);
}
