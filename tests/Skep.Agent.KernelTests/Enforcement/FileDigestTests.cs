using Shouldly;
using Skep.Engine.Digests;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Events of security hooks carry the digest of the file, as the kernel computes it; needs BPF LSM and the integrity subsystem.</summary>
[Collection("this kernel")]
public class FileDigestTests
{
    [KernelTheory(KernelFeature.Lsm)]
    [InlineData("bprm_check_security", "linux_binprm")]
    [InlineData("bprm_creds_from_file", "linux_binprm")]
    [InlineData("mmap_file", "file")]
    public void Event_carries_the_digest_of_the_program(string hook, string type)
    {
        using var directory = new TemporaryDirectory();
        var program = directory.File("program");
        File.Copy("/bin/true", program);
        using var engine = RunningEngine.Of(Policy(hook, type, program, "{action: Post, imaHash: true}"));
        ChildProcess.Run(program).Status.ShouldBe(0);
        engine.Await(l => l.Contains(hook, StringComparison.Ordinal) && l.Contains(program, StringComparison.Ordinal)).ShouldNotBeNull().ShouldContain($"\"ima_hash\":\"{DigestOf(program)}\"");
    }

    [KernelFact(KernelFeature.Lsm)]
    public void Refused_execution_is_refused_and_told_with_its_digest_and_other_policies_are_not_disturbed()
    {
        using var directory = new TemporaryDirectory();
        var (program, other) = (directory.File("program"), directory.File("other"));
        File.Copy("/bin/true", program);
        File.Copy("/bin/true", other);
        var refusing = Policy("bprm_check_security", "linux_binprm", program, "{action: Override, argError: -1}, {action: Post, imaHash: true}");
        var watching = Policy("bprm_check_security", "linux_binprm", other, "{action: Post}").Replace("name: digests", "name: watching", StringComparison.Ordinal);
        using var engine = RunningEngine.Of($"{watching}\n---\n{refusing}");
        for (var i = 0; i < 5; i++)
        {
            ChildProcess.Shell($"{program} || echo refused").Output.ShouldBe("refused\n");
            ChildProcess.Run(other).Status.ShouldBe(0);
        }
        engine.Await(l => l.Contains("\"watching\"", StringComparison.Ordinal)).ShouldNotBeNull().ShouldNotContain("ima_hash");
        var refused = engine.All(l => l.Contains("\"digests\"", StringComparison.Ordinal));
        refused.Count.ShouldBe(5);
        refused.ShouldAllBe(l => l.Contains($"\"ima_hash\":\"{DigestOf(program)}\"", StringComparison.Ordinal) && l.Contains("ACTION_POST", StringComparison.Ordinal));
        // Without the wish for a digest the hook's own program refuses again.
        engine.Engine.Apply(Skep.Tetragon.Policies.TracingPolicyFile.Parse(refusing.Replace(", {action: Post, imaHash: true}", "", StringComparison.Ordinal), "policy.yaml").Policies).IsComplete.ShouldBeTrue();
        ChildProcess.Shell($"{program} || echo refused").Output.ShouldBe("refused\n");
    }

    static string Policy(string hook, string type, string program, string actions) => PolicyText.Of("digests", $$"""
        lsmhooks:
        - hook: {{hook}}
          args:
          - {index: 0, type: {{type}}}
          selectors:
          - matchArgs:
            - {index: 0, operator: Equal, values: ["{{program}}"]}
            matchActions: [{{actions}}]
        """);

    static string DigestOf(string program) => $"sha256:{FileDigest.Of("sha256", program)}";
}
