using Xunit;

namespace Skep.Agent.KernelTests.Api;

/// <summary>A test that takes root and util-linux's <c>script</c>, which gives a program a terminal; without either it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TerminalFactAttribute : FactAttribute
{
    public const string Script = "/usr/bin/script";

    public TerminalFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess) Skip = "needs root";
        else if (!File.Exists(Script)) Skip = $"needs {Script}";
    }
}
