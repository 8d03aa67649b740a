using System.Diagnostics;
using Shouldly;
using Skep.Agent.Policies;
using Xunit;

namespace Skep.Cli.Tests.Policies;

public sealed class PolicySetTests : IDisposable
{
    readonly string _pipe = Path.Combine(Directory.CreateTempSubdirectory("skep-pipe-").FullName, "pipe");

    public PolicySetTests()
    {
        using var made = Process.Start("mkfifo", [_pipe]);
        made.WaitForExit();
    }

    [Fact]
    public async Task Tracing_policies_come_through_a_pipe()
    {
        var set = await Read("{apiVersion: cilium.io/v1alpha1, kind: TracingPolicy, metadata: {name: p}, spec: {kprobes: [{call: sys_openat}]}}");

        set.Diagnostics.ShouldBeEmpty();
        set.Policies.ShouldHaveSingleItem().Name.ShouldBe("p");
    }

    [Fact]
    public async Task Rules_come_through_a_pipe()
    {
        var set = await Read("- {rule: r, desc: d, condition: evt.type=openat, output: o, priority: info}");

        set.Diagnostics.ShouldBeEmpty();
        set.Rules!.Rules.ShouldHaveSingleItem().Name.ShouldBe("r");
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_pipe)!, recursive: true);

    async Task<PolicySet> Read(string text)
    {
        var writing = Task.Run(() => File.WriteAllText(_pipe, text));
        var set = await Task.Run(() => PolicySet.Load([_pipe])).WaitAsync(TimeSpan.FromSeconds(30));
        await writing;
        return set;
    }
}
