using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>A test of published scenarios, where SKEP_CORPUS names a copy of them.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ScenarioTheoryAttribute : TheoryAttribute
{
    static readonly string? s_corpus = Environment.GetEnvironmentVariable("SKEP_CORPUS");

    public ScenarioTheoryAttribute(params KernelFeature[] needs) =>
        Skip = s_corpus is { Length: > 0 } && Directory.Exists(PathOf("e2e")) ? KernelFeatures.WhySkipped(needs) : "SKEP_CORPUS names no directory with falco/e2e";

    public static string PathOf(string name) => Path.Combine(s_corpus ?? "/nowhere", "falco", name);
}
