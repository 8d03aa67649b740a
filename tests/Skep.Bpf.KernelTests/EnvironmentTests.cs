using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>What the other tests take for granted, on the host and in every guest of the kernel matrix.</summary>
public class EnvironmentTests
{
    [KernelFact]
    public void Kernel_describes_its_types() => new FileInfo("/sys/kernel/btf/vmlinux").Length.ShouldBeGreaterThan(1 << 20);

    [KernelFact]
    public void Cgroup2_is_mounted_and_writable()
    {
        var root = new[] { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" }.First(d => File.Exists(d + "/cgroup.procs"));
        var child = Directory.CreateDirectory($"{root}/skep-environment-{Environment.ProcessId}");

        File.Exists(child.FullName + "/cgroup.events").ShouldBeTrue();

        child.Delete();
    }

    [KernelFact]
    public void Tests_run_as_root() => Environment.UserName.ShouldBe("root");

    [KernelFact]
    public void Fixtures_lie_beside_the_tests() =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "minimal.bpf.o")).AsSpan(0, 4).ToArray().ShouldBe("\u007fELF"u8.ToArray());

    [KernelFact(KernelFeature.Lsm)]
    public void Bpf_lsm_is_among_the_active_ones()
    {
        File.ReadAllText("/sys/kernel/security/lsm").Split(',').ShouldContain("bpf");
    }

    [KernelFact]
    public void Each_probe_answers_in_words_or_not_at_all()
    {
        foreach (var feature in Enum.GetValues<KernelFeature>())
        {
            if (KernelFeatures.WhyMissing(feature) is { } reason) reason.ShouldNotBeNullOrWhiteSpace();
        }
    }
}
