using Xunit;

namespace Skep.Cli.KernelTests;

/// <summary>A test that takes root and bpftool as oracle; without either it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BpftoolFactAttribute : FactAttribute
{
    public BpftoolFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
        else if (!CliProcess.Has("bpftool")) Skip = "needs bpftool";
    }
}
