using Xunit;

namespace Skep.Cli.KernelTests;

/// <summary>A test that loads programs into the running kernel, which takes root; without it the test is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
    }
}
