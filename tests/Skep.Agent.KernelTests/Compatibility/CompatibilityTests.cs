using Shouldly;
using Skep.Engine.Rules;
using Skep.Testing;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>
/// Every example policy of the corpus, on this kernel: it runs, and then what it is about makes its event; or it is refused with what is
/// missing; or a hook is not supported yet. The results become docs/compatibility.md.
/// </summary>
[Collection("this kernel")]
[Trait("Kernel", "each")]
public class CompatibilityTests
{
    static readonly string s_examples = Path.Combine(Environment.GetEnvironmentVariable("SKEP_CORPUS") ?? "/nowhere", "tetragon/examples");

    /// <summary>Kernels that have everything: there only these refusals are right.</summary>
    static readonly string[] s_rightRefusals = ["this kernel has no function", "this kernel has no security hook", "there is no argument", "no function of this kernel matches", "is not a pointer to", "need the unified hierarchy"];

    /// <summary>Refusals of which no other hook is a way out.</summary>
    static readonly string[] s_withoutAlternative = ["no function of this kernel matches", "need the unified hierarchy"];

    public static IEnumerable<object[]> Policies()
    {
        if (!Directory.Exists(s_examples)) return [["no corpus"]];
        return Directory.EnumerateFiles(s_examples, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => new object[] { Path.GetRelativePath(s_examples, f) });
    }

    [KernelTheory]
    [MemberData(nameof(Policies))]
    public void Example_policy_runs_or_says_why_not(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!Directory.Exists(s_examples)) return;
        var trigger = Triggers.ByFile.GetValueOrDefault(file);
        var text = File.ReadAllText(Path.Combine(s_examples, file));
        var read = TracingPolicyFile.Parse(trigger?.Adapt(text) ?? text, file);
        if (read.Diagnostics.Where(d => d.Severity == Severity.Unsupported).ToList() is [var later, ..])
        {
            read.Diagnostics.ShouldNotContain(d => d.Severity == Severity.Error);
            Results.Write(file, "later", later.Message, "no");
            return;
        }
        if (read.Diagnostics.Where(d => d.Severity == Severity.Error).ToList() is [var error, ..])
        {
            Results.Write(file, "refused", error.Message, "no");
            RefusalMustBeRight(error.Message);
            return;
        }
        var enforces = Environment.GetEnvironmentVariable("SKEP_GUEST") is not null;
        // Policies that kill or refuse whoever comes along are for machines that nobody works on.
        var policies = read.Policies.Select(p => enforces ? p : p with { Mode = PolicyMode.Monitor }).ToList();
        using var scene = new Scene(enforces);
        using var engine = new RunningEngine(policies);
        scene.Engine = engine;
        if (!engine.Result.IsComplete)
        {
            var reasons = engine.Result.Failures.Where(f => !f.IsIgnored).Select(f => f.Reason).Distinct().ToList();
            Results.Write(file, "refused", string.Join("; ", reasons), "no");
            foreach (var reason in reasons) RefusalMustBeRight(reason);
            return;
        }
        trigger.ShouldNotBeNull($"{file} runs and has no trigger");
        Results.Write(file, "runs", trigger.Adapted, "not yet");
        trigger.Act(scene);
        var found = engine.Await(line => trigger.IsMetBy(line, policies[0].Name));
        if (found is null) Assert.Fail($"no event of {trigger.Function} with {string.Join(", ", trigger.Fragments)} came; there were {engine.Lines.Count} events, such as\n{string.Join('\n', engine.Lines.Where(l => l.Contains($"\"{trigger.Function}\"", StringComparison.Ordinal)).Concat(engine.Lines).Take(4))}\n{string.Join('\n', engine.Engine.Statistics())}");
        engine.Engine.Malformed.ShouldBe(0);
        Results.Write(file, "runs", trigger.Adapted, "yes");
    }

    static void RefusalMustBeRight(string reason)
    {
        var hasTrampolines = KernelFeatures.WhySkipped([KernelFeature.Trampoline, KernelFeature.Lsm]) is null;
        if (hasTrampolines) s_rightRefusals.ShouldContain(r => reason.Contains(r, StringComparison.Ordinal), reason);
        else reason.ShouldSatisfyAllConditions(
            () => (reason.Contains("trampolines", StringComparison.Ordinal) || s_rightRefusals.Any(r => reason.Contains(r, StringComparison.Ordinal))).ShouldBeTrue(reason),
            () => (reason.Contains("nearest", StringComparison.Ordinal) || s_withoutAlternative.Any(r => reason.Contains(r, StringComparison.Ordinal))).ShouldBeTrue(reason));
    }
}
