using System.Text;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Tests.Records;
using Xunit;

namespace Skep.Engine.Tests.Processes;

[Collection("alone")]
public class ProcessTreeTests
{
    const ulong Second = 1_000_000_000;
    static readonly ProcessId s_init = new(1, 10_000_000);

    static ProcessTree Tree(long cap = 4 * 1024 * 1024)
    {
        var tree = new ProcessTree(new ProcessTreeOptions { MemoryCap = cap });
        tree.Seed(new ProcessInfo { Id = s_init, Flags = ProcessFlags.Seeded, Executable = "/sbin/init"u8.ToArray() });
        return tree;
    }

    static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    [Fact]
    public void Fork_and_exec_make_two_images_of_one_parent()
    {
        var tree = Tree();
        var forked = tree.OnRecord(RecordBuilder.Fork(new(50, Second), s_init))!;
        var executed = tree.OnRecord(RecordBuilder.Exec(new(50, Second + 5), s_init, Second, "/bin/sh", "sh\0-c\0x\0"))!;

        Text(forked.Executable).ShouldBe("/sbin/init");
        forked.Flags.HasFlag(ProcessFlags.Forked).ShouldBeTrue();
        forked.EndTime.ShouldBe(Second + 5);
        Text(executed.Executable).ShouldBe("/bin/sh");
        Text(executed.Arguments).ShouldBe("sh\0-c\0x\0");
        executed.Parent.ShouldBeSameAs(tree.Find(s_init));
        tree.FindNewest(50).ShouldBeSameAs(executed);
        tree.Find(forked.Id).ShouldBeSameAs(forked);
        tree.Counters.LostEnds.ShouldBe(0);
        tree.Find(s_init)!.References.ShouldBe(2);
    }

    [Fact]
    public void Ended_process_is_found_for_the_grace_time_and_while_a_descendant_runs()
    {
        var tree = Tree();
        var parent = new ProcessId(50, Second);
        var child = new ProcessId(51, 2 * Second);
        tree.OnRecord(RecordBuilder.Fork(parent, s_init));
        tree.OnRecord(RecordBuilder.Fork(child, parent));
        tree.OnRecord(RecordBuilder.Exit(parent, s_init, 3 * Second));
        tree.Advance(500 * Second);
        tree.Find(parent).ShouldNotBeNull().EndTime.ShouldBe(3 * Second);
        tree.Find(child)!.Parent!.Id.ShouldBe(parent);

        tree.OnRecord(RecordBuilder.Exit(child, parent, 500 * Second));
        tree.Advance(530 * Second);
        tree.Find(parent).ShouldNotBeNull();
        tree.Find(child).ShouldNotBeNull();
        tree.Advance(531 * Second);
        tree.Find(parent).ShouldBeNull();
        tree.Find(child).ShouldBeNull();
        tree.Counters.Expired.ShouldBe(2);
        tree.Count.ShouldBe(1);
    }

    [Fact]
    public void Reused_pid_is_another_process_even_when_the_exit_was_lost()
    {
        var tree = Tree();
        var first = tree.OnRecord(RecordBuilder.Exec(new(50, Second), s_init, 0, "/bin/a"))!;
        var second = tree.OnRecord(RecordBuilder.Fork(new(50, 9 * Second), s_init))!;

        first.EndTime.ShouldBe(9 * Second);
        second.Id.ShouldNotBe(first.Id);
        tree.FindNewest(50).ShouldBeSameAs(second);
        tree.Counters.LostEnds.ShouldBe(1);
        Text(tree.OnRecord(RecordBuilder.Hook(new(50, Second), s_init, 9 * Second + 1))!.Executable).ShouldBe("/bin/a");
    }

    [Fact]
    public void Event_of_an_unknown_process_makes_a_marked_stand_in_that_the_late_start_replaces()
    {
        var tree = Tree();
        var id = new ProcessId(50, Second);
        var unknown = tree.OnRecord(RecordBuilder.Hook(id, s_init, 2 * Second))!;
        unknown.UnknownBecause.ShouldNotBeNull();
        unknown.Parent!.Id.ShouldBe(s_init);
        var child = tree.OnRecord(RecordBuilder.Fork(new(51, 2 * Second), id))!;

        var known = tree.OnRecord(RecordBuilder.Exec(id, s_init, 0, "/bin/a"))!;

        known.UnknownBecause.ShouldBeNull();
        tree.Find(id).ShouldBeSameAs(known);
        child.Parent.ShouldBeSameAs(known);
        known.References.ShouldBe(2);
        tree.Counters.LostStarts.ShouldBe(1);
        tree.Find(s_init)!.References.ShouldBe(2);
    }

    [Fact]
    public void More_records_complete_the_arguments_in_order_and_mark_a_gap()
    {
        var tree = Tree();
        var id = new ProcessId(50, Second);
        var process = tree.OnRecord(RecordBuilder.Exec(id, s_init, 0, "/bin/a", "abc", argumentsTotal: 9))!;
        var version = process.Version;
        tree.OnRecord(RecordBuilder.More(id, 3, "def")).ShouldBeSameAs(process);
        tree.OnRecord(RecordBuilder.More(id, 9, "xyz"));

        Text(process.Arguments).ShouldBe("abcdef");
        process.Flags.HasFlag(ProcessFlags.ArgumentsCut).ShouldBeTrue();
        process.Version.ShouldNotBe(version);
        tree.Counters.TextsCut.ShouldBe(1);
    }

    [Fact]
    public void Thread_creation_is_its_process_and_nothing_new()
    {
        var tree = Tree();
        var count = tree.Count;
        tree.OnRecord(RecordBuilder.Fork(s_init, default, Second, tid: 77)).ShouldBeSameAs(tree.Find(s_init));
        tree.Count.ShouldBe(count);
        tree.Counters.Threads.ShouldBe(1);
    }

    [Fact]
    public void Seeded_twin_gives_way_to_the_fork_that_was_still_on_its_way()
    {
        var tree = Tree();
        tree.Seed(new ProcessInfo { Id = new(50, Second), ParentId = s_init, Flags = ProcessFlags.Seeded, Executable = "/bin/a"u8.ToArray() }).ShouldBeTrue();
        tree.Seed(new ProcessInfo { Id = new(51, Second), ParentId = new(50, Second), Flags = ProcessFlags.Seeded, Executable = "/bin/b"u8.ToArray() }).ShouldBeTrue();

        var fork = tree.OnRecord(RecordBuilder.Fork(new(50, Second + 7_000_000), s_init))!;

        tree.Find(new(50, Second)).ShouldBeNull();
        tree.Find(new(51, Second))!.Parent.ShouldBeSameAs(fork);
        tree.Counters.LostEnds.ShouldBe(0);
        tree.RunningCount.ShouldBe(3);
    }

    [Fact]
    public void Seeding_does_not_bring_back_what_the_records_know()
    {
        var tree = Tree();
        tree.OnRecord(RecordBuilder.Fork(new(50, Second + 7), s_init));
        tree.OnRecord(RecordBuilder.Exit(new(50, Second + 7), s_init, 2 * Second));
        tree.Seed(new ProcessInfo { Id = new(50, Second), Flags = ProcessFlags.Seeded, Executable = default }).ShouldBeFalse();
        tree.Seed(new ProcessInfo { Id = new(50, 3 * Second), Flags = ProcessFlags.Seeded, Executable = default }).ShouldBeTrue();
    }

    [Fact]
    public void Hundred_thousand_short_processes_stay_within_the_cap_and_lose_no_running_one()
    {
        var tree = Tree(cap: 1024 * 1024);
        var shell = new ProcessId(50, Second);
        tree.OnRecord(RecordBuilder.Exec(shell, s_init, 0, "/bin/sh", "sh\0"));
        for (uint i = 0; i < 100_000; i++)
        {
            var time = 2 * Second + i * 1_000_000UL;
            var pid = 100 + i % 30_000;
            tree.OnRecord(RecordBuilder.Fork(new(pid, time), shell));
            tree.OnRecord(RecordBuilder.Exec(new(pid, time + 100), shell, time, "/bin/true", "true\0" + i + "\0"));
            tree.OnRecord(RecordBuilder.Exit(new(pid, time + 100), shell, time + 200));
            tree.RetainedBytes.ShouldBeLessThanOrEqualTo(1024 * 1024);
        }
        tree.RunningCount.ShouldBe(2);
        Text(tree.Find(shell)!.Arguments).ShouldBe("sh\0");
        tree.Counters.EvictedRunning.ShouldBe(0);
        tree.Counters.TextsDroppedOfRunning.ShouldBe(0);
        (tree.Counters.EvictedEnded + tree.Counters.Expired + tree.Count).ShouldBe(200_002);
    }

    [Fact]
    public void Running_processes_lose_their_arguments_before_they_leave()
    {
        var tree = Tree(cap: 64 * 1024);
        for (uint pid = 50; pid < 100; pid++) tree.OnRecord(RecordBuilder.Exec(new(pid, pid * Second), s_init, 0, "/bin/a", new string('x', 2000)));

        tree.RunningCount.ShouldBe(51);
        tree.Counters.EvictedRunning.ShouldBe(0);
        tree.Counters.TextsDroppedOfRunning.ShouldBeGreaterThan(0);
        tree.FindNewest(50)!.Arguments.Length.ShouldBe(0);
        tree.FindNewest(50)!.UnknownBecause.ShouldNotBeNull();
        tree.FindNewest(99)!.Arguments.Length.ShouldBe(2000);
    }

    [Fact]
    public void Printed_form_counts_and_is_dropped_for_the_cap()
    {
        var tree = Tree(cap: 64 * 1024);
        var process = tree.OnRecord(RecordBuilder.Exec(new(50, Second), s_init, 0, "/bin/a"))!;
        var before = tree.RetainedBytes;
        process.Printed = new byte[1000];
        tree.RetainedBytes.ShouldBe(before + 1024);
        process.Printed = null;
        tree.RetainedBytes.ShouldBe(before);
        process.Printed = new byte[60_000];
        tree.OnRecord(RecordBuilder.Exec(new(51, 2 * Second), s_init, 0, "/bin/b", new string('x', 8000)));
        process.Printed.ShouldBeNull();
        tree.Find(process.Id).ShouldBeSameAs(process);
    }

    [Fact]
    public void Cost_of_a_process_covers_what_the_runtime_really_allocates()
    {
        var tree = Tree(cap: 256 * 1024 * 1024);
        var before = GC.GetTotalMemory(true);
        var retained = tree.RetainedBytes;
        for (uint pid = 100; pid < 30_100; pid++) tree.OnRecord(RecordBuilder.Exec(new(pid, pid * Second), s_init, 0, "/usr/bin/program", "program\0"));
        var allocated = GC.GetTotalMemory(true) - before;
        GC.KeepAlive(tree);
        // The runtime may have freed or kept something of the tests before.
        allocated.ShouldBeLessThan((tree.RetainedBytes - retained) * 11 / 10);
    }

    [Fact]
    public void Ancestors_lead_to_the_first_process()
    {
        var tree = Tree();
        var last = s_init;
        for (uint pid = 50; pid < 60; pid++)
        {
            var id = new ProcessId(pid, pid * Second);
            tree.OnRecord(RecordBuilder.Fork(id, last));
            last = id;
        }
        var pids = new List<uint>();
        foreach (var ancestor in tree.Find(last)!.Ancestors) pids.Add(ancestor.Id.Pid);
        pids.ShouldBe([58, 57, 56, 55, 54, 53, 52, 51, 50, 1]);
    }

    [Fact]
    public void Process_that_is_told_late_takes_the_place_of_its_stand_in()
    {
        var tree = Tree();
        tree.ExpectsUntold = true;
        var (id, child) = (new ProcessId(50, Second), new ProcessId(51, 2 * Second));
        var known = tree.OnRecord(RecordBuilder.Exec(child, id, 0, "/bin/cat", "cat\0x\0", flags: ProcessFlags.Late))!;
        known.Parent!.UnknownBecause.ShouldBe("no policy asked for its start");
        tree.Counters.Untold.ShouldBe(1);
        tree.Counters.LostStarts.ShouldBe(0);

        var late = tree.OnRecord(RecordBuilder.Exec(id, s_init, 0, "/bin/sh", "sh\0", flags: ProcessFlags.Late))!;
        late.UnknownBecause.ShouldBeNull();
        late.Flags.ShouldBe(ProcessFlags.None);
        known.Parent.ShouldBeSameAs(late);
        tree.OnRecord(RecordBuilder.Exit(id, s_init, 3 * Second, silent: true)).ShouldBeSameAs(late);
        late.EndTime.ShouldBe(3 * Second);
        tree.Counters.LostEnds.ShouldBe(0);
    }

    [Fact]
    public void Process_that_is_told_late_and_has_executed_nothing_is_a_fork()
    {
        var late = Tree().OnRecord(RecordBuilder.Exec(new(50, Second), s_init, 0, "/bin/sh", "sh\0", flags: ProcessFlags.Late | ProcessFlags.Forked))!;

        late.Flags.ShouldBe(ProcessFlags.Forked);
        Text(late.Arguments).ShouldBe("sh\0");
    }

    [Fact]
    public void Process_that_two_threads_tell_at_once_keeps_its_arguments()
    {
        var tree = Tree();
        var id = new ProcessId(50, Second);
        var process = tree.OnRecord(RecordBuilder.Exec(id, s_init, 0, "/bin/sh", "sh\0", argumentsTotal: 6, flags: ProcessFlags.Late))!;
        tree.OnRecord(RecordBuilder.More(id, 3, "-c\0"));
        tree.OnRecord(RecordBuilder.Exec(id, s_init, 0, "/bin/sh", "sh\0", argumentsTotal: 6, flags: ProcessFlags.Late)).ShouldBeSameAs(process);
        tree.OnRecord(RecordBuilder.More(id, 3, "-c\0"));

        Text(process.Arguments).ShouldBe("sh\0-c\0");
        process.Flags.ShouldBe(ProcessFlags.None);
        tree.Counters.Repeated.ShouldBe(2);
        tree.Counters.TextsCut.ShouldBe(0);
    }
}
