using System.Diagnostics;
using System.Text;
using Shouldly;
using Skep.Engine.Processes;
using Xunit;

namespace Skep.Engine.Tests.Processes;

public class ProcessSeederTests
{
    static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    [Fact]
    public void Seeding_enters_what_runs_parents_first()
    {
        using var sleeper = Process.Start(new ProcessStartInfo("/bin/sleep", ["1000"]) { WorkingDirectory = "/usr" })!;
        try
        {
            // Until it has executed, it is a copy of this process.
            SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{sleeper.Id}/cmdline").StartsWith("/bin/sleep", StringComparison.Ordinal), 5000).ShouldBeTrue();
            var tree = new ProcessTree(new ProcessTreeOptions());
            ProcessSeeder.Seed(tree, new ProcReader()).ShouldBe(tree.Count);

            var process = tree.FindNewest((uint)sleeper.Id).ShouldNotBeNull();
            Text(process.Executable).ShouldBe(new FileInfo($"/proc/{sleeper.Id}/exe").LinkTarget);
            Text(process.Arguments).ShouldBe("/bin/sleep\01000\0");
            Text(process.WorkingDirectory).ShouldBe("/usr");
            process.Flags.ShouldBe(ProcessFlags.Seeded);
            (process.Id.Start % 10_000_000).ShouldBe(0UL);
            process.Parent.ShouldNotBeNull().Id.Pid.ShouldBe((uint)Environment.ProcessId);
            process.Parent.Parent.ShouldNotBeNull();
            $"pid:[{process.Namespaces.Pid}]".ShouldBe(new FileInfo("/proc/self/ns/pid").LinkTarget);
            process.Links.ShouldBeGreaterThan(0u);
            process.Inode.ShouldBeGreaterThan(0UL);
            process.Credentials.Bounding.ShouldBeGreaterThan(0UL);
            process.PidInNamespace.ShouldBeGreaterThan(0u);
            tree.FindNewest(1).ShouldNotBeNull().References.ShouldBeGreaterThan(0);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    public void Deleted_executable_is_named_and_marked()
    {
        var copy = Path.Combine(Path.GetTempPath(), $"skep sleep {Environment.ProcessId}");
        File.Copy("/bin/sleep", copy, true);
        using var sleeper = Process.Start(copy, ["1000"]);
        try
        {
            SpinWait.SpinUntil(() => new FileInfo($"/proc/{sleeper.Id}/exe").LinkTarget == copy, 5000).ShouldBeTrue();
            File.Delete(copy);
            var found = new ProcReader().TryRead((uint)sleeper.Id).ShouldNotBeNull();
            Text(found.Executable).ShouldBe(copy);
            found.Flags.HasFlag(ProcessFlags.Unlinked).ShouldBeTrue();
            found.Links.ShouldBe(0u);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    public void Lost_start_is_filled_from_proc_when_the_process_is_the_same()
    {
        var tree = new ProcessTree(new ProcessTreeOptions(), null, new ProcReader());
        var own = new ProcReader().TryRead((uint)Environment.ProcessId).ShouldNotBeNull();
        var process = tree.OnRecord(Records.RecordBuilder.Hook(new(own.Pid, own.Start + 12_345_678), default, own.Start + 20_000_000))!;
        Text(process.Executable).ShouldBe(Environment.ProcessPath);
        process.UnknownBecause.ShouldNotBeNull();

        var stranger = tree.OnRecord(Records.RecordBuilder.Hook(new(own.Pid, own.Start - 50_000_000), default, own.Start + 30_000_000))!;
        stranger.Executable.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Process_that_does_not_exist_is_not_read() => new ProcReader().TryRead(uint.MaxValue).ShouldBeNull();

    [Fact]
    public void Name_of_parentheses_and_blanks_does_not_shift_the_fields()
    {
        var root = Directory.CreateTempSubdirectory("skep-proc").FullName;
        Directory.CreateDirectory(Path.Combine(root, "proc/7"));
        File.WriteAllText(Path.Combine(root, "proc/7/stat"), "7 (a) R 9 (b) S 1 7 7 0 -1 2097216 0 0 0 0 0 0 0 0 20 0 1 0 123 0 0\n");
        File.WriteAllText(Path.Combine(root, "proc/7/status"), "Uid:\t1\t2\t3\t4\nNSpid:\t7\t70\nCapEff:\t00000000000000ff\n");
        var process = new ProcReader(root).TryRead(7).ShouldNotBeNull();
        Directory.Delete(root, true);

        (process.ParentPid, process.Start, process.PidInNamespace).ShouldBe((1u, 1_230_000_000UL, 70u));
        Text(process.Executable).ShouldBe("[a) R 9 (b]");
        process.Credentials.EffectiveUid.ShouldBe(2u);
        process.Credentials.Effective.ShouldBe(255UL);
    }
}
