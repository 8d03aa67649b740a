using System.Text.Json;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Users;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Loader;

/// <summary>Programs and libraries as they are mapped to be run.</summary>
[Collection("this kernel")]
public class LoaderTests
{
    const string Policy = """
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: loads
        spec:
          loader: true
        """;

    [KernelFact]
    public void New_program_and_its_libraries_are_told_with_build_ids_and_are_its_own()
    {
        using var directory = new TemporaryDirectory();
        var shell = directory.File("shell");
        File.Copy("/bin/bash", shell);
        using var engine = RunningEngine.Of(Policy);
        ChildProcess.Run(shell, "-c", "true").Status.ShouldBe(0);
        engine.Await(l => l.Contains($"\"path\":\"{shell}\"", StringComparison.Ordinal)).ShouldNotBeNull();
        var own = engine.All(l => l.Contains($"\"binary\":\"{shell}\"", StringComparison.Ordinal)).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("process_loader")).ToList();
        own.ShouldContain(e => e.GetProperty("path").GetString() == shell);
        own.ShouldContain(e => e.GetProperty("path").GetString()!.Contains("/libc.so", StringComparison.Ordinal));
        own.ShouldAllBe(e => e.GetProperty("buildid").GetBytesFromBase64().Length == 20);
        own.ShouldAllBe(e => e.GetProperty("process").GetProperty("binary").GetString() == shell);
    }

    [KernelFact]
    public void Library_that_a_running_process_loads_is_told_until_the_policy_is_switched_off()
    {
        using var directory = new TemporaryDirectory();
        var (first, second) = (directory.File("first.so"), directory.File("second.so"));
        File.Copy(ProbedLibrary.Fixture, first);
        File.Copy(ProbedLibrary.Fixture, second);
        using var engine = RunningEngine.Of(Policy);
        using (new ProbedLibrary(first))
        {
        }
        engine.Await(l => l.Contains($"\"path\":\"{first}\"", StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain($"\"pid\":{Environment.ProcessId}");
        engine.Engine.SetMode("loads", "", Skep.Engine.Rules.PolicyMode.Disabled).ShouldBeTrue();
        using (new ProbedLibrary(second))
        {
        }
        engine.All(l => l.Contains(second, StringComparison.Ordinal)).ShouldBeEmpty();
        engine.Engine.Statistics().ShouldContain(s => s.Hook == "loader" && s.Sent > 0 && s.Lost == 0);
    }
}
