using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.Policies;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>Policies follow their files while the agent runs.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class PolicyWatchTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    string Policies => _directory.File("policies");

    AgentProcess Agent(params string[] more) => AgentProcess.Start([.. more, "--pin-directory", "none"]);

    [KernelFact]
    public void Files_that_come_change_and_go_are_in_force_and_no_longer()
    {
        // Neither the directory nor the one around it is there yet.
        var policies = _directory.File("etc/skep/policies");
        using var agent = Agent("--policy-directory", Directory.CreateDirectory(policies).FullName);
        Write($"{policies}/a.yaml", "one");
        agent.AwaitMessage($"{policies}/a.yaml added");
        agent.AwaitMessage("reloaded, 1 policies");
        Kills("one").ShouldBeTrue();
        // As editors do it: beside, and renamed over the old one.
        Write($"{policies}/.a.yaml.new", "two");
        File.Move($"{policies}/.a.yaml.new", $"{policies}/a.yaml", overwrite: true);
        agent.AwaitMessage($"{policies}/a.yaml changed");
        Await(() => Kills("two") && !Kills("one"));
        File.WriteAllText($"{policies}/b.yaml", "kind: Nonsense\n");
        agent.AwaitMessage($"{policies}/b.yaml:1:");
        agent.AwaitMessage("not reloaded");
        Kills("two").ShouldBeTrue();
        File.Delete($"{policies}/b.yaml");
        agent.AwaitMessage($"{policies}/b.yaml removed");
        File.Delete($"{policies}/a.yaml");
        Await(() => !Kills("two"));
        // The directory itself is replaced.
        Directory.Move(policies, _directory.File("former"));
        Directory.CreateDirectory($"{policies}/below");
        Write($"{policies}/below/c.yaml", "three");
        Await(() => Kills("three"));
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    [KernelFact]
    public void Mounted_ConfigMap_is_read_once_and_followed_when_its_link_turns()
    {
        Directory.CreateDirectory($"{Policies}/..1");
        Write($"{Policies}/..1/policy.yaml", "one");
        Directory.CreateSymbolicLink($"{Policies}/..data", "..1");
        File.CreateSymbolicLink($"{Policies}/policy.yaml", "..data/policy.yaml");
        using var agent = Agent("-f", Policies);
        Kills("one").ShouldBeTrue();
        Directory.CreateDirectory($"{Policies}/..2");
        Write($"{Policies}/..2/policy.yaml", "two");
        Directory.CreateSymbolicLink($"{Policies}/..data_tmp", "..2");
        Rename($"{Policies}/..data_tmp", $"{Policies}/..data");
        Directory.Delete($"{Policies}/..1", recursive: true);
        agent.AwaitMessage("policy.yaml changed");
        Await(() => Kills("two") && !Kills("one"));
    }

    [KernelFact]
    public void Nothing_is_read_again_for_temporary_files_nor_when_watching_is_off()
    {
        Directory.CreateDirectory(Policies);
        Write($"{Policies}/policy.yaml", "one");
        using var watching = Agent("-f", Policies);
        using var blind = Agent("-f", $"{Policies}/policy.yaml", "--no-watch");
        foreach (var name in (string[])["policy.yaml~", ".policy.yaml.swp", "#policy.yaml#", "4913"]) Write($"{Policies}/{name}", "two");
        Thread.Sleep(500);
        watching.Messages.ShouldNotContain("reloaded");
        Write($"{Policies}/policy.yaml", "three");
        Await(() => Kills("three"));
        watching.AwaitMessage("reloaded, 1 policies");
        Thread.Sleep(300);
        blind.Messages.ShouldNotContain("reloaded");
        blind.Signal(1);
        blind.AwaitMessage("reloaded, 1 policies");
    }

    [KernelFact]
    public void Watch_sees_a_single_file_the_target_of_a_link_and_what_does_not_exist_yet()
    {
        Directory.CreateDirectory(_directory.File("elsewhere"));
        var (file, target, link, absent) = (_directory.File("file.yaml"), _directory.File("elsewhere/target"), _directory.File("link.yaml"), _directory.File("not/yet/there"));
        File.WriteAllText(file, "1");
        File.WriteAllText(target, "1");
        File.CreateSymbolicLink(link, target);
        var seen = new List<string>();
        using var watch = PolicyWatch.Begin([file, link, absent], TextWriter.Null).ShouldNotBeNull();
        watch.Start(difference =>
        {
            lock (seen) seen.Add(difference);
        });
        File.WriteAllText(file, "2");
        Await(() => Sees($"{file} changed"));
        File.WriteAllText(target, "2");
        Await(() => Sees($"{link} changed"));
        Directory.CreateDirectory(absent);
        File.WriteAllText($"{absent}/new.yml", "1");
        Await(() => Sees($"{absent}/new.yml added"));
        Directory.CreateSymbolicLink($"{absent}/loop", absent);
        File.WriteAllText($"{absent}/other.yaml", "1");
        Await(() => Sees($"{absent}/other.yaml added"));
        File.Delete(file);
        Await(() => Sees($"{file} removed"));

        bool Sees(string text)
        {
            lock (seen) return seen.Exists(s => s.Contains(text, StringComparison.Ordinal));
        }
    }

    public void Dispose() => _directory.Dispose();

    string Forbidden(string name) => _directory.File($"forbidden-{name}");

    void Write(string path, string name) => File.WriteAllText(path, PolicyFile.KillsOpenerOf(Forbidden(name)));

    bool Kills(string name) => ChildProcess.Run("/bin/cat", Forbidden(name)).WasKilled;

    static void Rename(string from, string to) => ChildProcess.Run("/bin/mv", "-T", from, to).Status.ShouldBe(0);

    static void Await(Func<bool> done)
    {
        for (var i = 0; !done(); i++)
        {
            i.ShouldBeLessThan(600);
            Thread.Sleep(50);
        }
    }
}
