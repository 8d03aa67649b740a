using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>Probes on the C library of this process, which every guest has too.</summary>
public class UprobeLinkTests
{
    const int FirstArgument = 112, Result = 80;

    static string LibraryPath { get; } = File.ReadLines("/proc/self/maps").First(l => l.Contains("/libc.so.6", StringComparison.Ordinal) || l.Contains("/libc-2", StringComparison.Ordinal))
        is var line ? line[line.IndexOf('/', StringComparison.Ordinal)..] : "";

    static UprobeOptions Here => new() { ProcessId = Environment.ProcessId };

    [KernelFact]
    public void Uprobe_sees_the_argument_and_its_cookie()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, body: code =>
        {
            CountingProgram.NoteContext(FirstArgument)(code);
            CountingProgram.NoteCookie(code);
        });
        using var link = UprobeLink.Attach(counting.Program, LibraryPath, "getpgid", Here with { Cookie = 31 });
        var pid = Environment.ProcessId;
        SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(pid));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        counting.Value.ShouldBe((ulong)pid);
        counting.Cookie.ShouldBe(31UL);
        link.Placement.ShouldNotBeNull();
        link.GetInfo().ShouldBeOfType<PerfEventLinkInfo>();
    }

    [KernelFact]
    public void Uprobe_at_the_entry_can_be_asked_for()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        using var link = UprobeLink.Attach(counting.Program, LibraryPath, "getsid", Here with { Placement = UprobePlacementMode.Entry });
        SystemCalls.Repeat(10, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        link.Placement.ShouldBeNull();
    }

    [KernelFact]
    public void Uretprobe_sees_the_result()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteContext(Result));
        using var link = UprobeLink.Attach(counting.Program, LibraryPath, "getsid", Here with { IsReturn = true });
        var session = SystemCalls.GetSession(0);
        counting.Value.ShouldBe((ulong)session);
        link.Placement.ShouldBeNull();
    }

    [KernelFact]
    public void Uprobe_through_tracefs_runs_and_leaves_nothing_behind()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        using (UprobeLink.Attach(counting.Program, LibraryPath, "getpgid", Here with { Mechanism = ProbeMechanism.TraceFs }))
        {
            SystemCalls.Repeat(10, () => SystemCalls.GetProcessGroup(0));
        }
        counting.Runs.ShouldBeGreaterThanOrEqualTo(10UL);
        File.ReadAllText(Path.Combine(Interop.TraceFs.Root, "uprobe_events")).ShouldNotContain($"skep/p{Environment.ProcessId}_");
    }

    [KernelFact]
    public void Uprobe_finds_a_library_by_its_bare_name_and_follows_the_section()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, section: "uprobe/libc.so.6:getpgid", target: "libc.so.6:getpgid");
        using var link = counting.Program.Attach(new AutoAttachOptions { ProcessId = Environment.ProcessId });
        SystemCalls.GetProcessGroup(0);
        counting.Runs.ShouldBeGreaterThan(0UL);
    }

    [KernelFact]
    public void Uprobe_names_functions_spelt_alike_when_there_is_none()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        var message = Should.Throw<BpfException>(() => UprobeLink.Attach(counting.Program, LibraryPath, "getpgidd")).Message;
        message.ShouldContain("symbol getpgidd not found in");
        message.ShouldContain("nearest: ");
        message.ShouldContain("getpgid");
    }

    [KernelFact]
    public void Uprobe_refuses_an_indirect_function_with_a_reason()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        Should.Throw<BpfException>(() => UprobeLink.Attach(counting.Program, LibraryPath, "strlen")).Message.ShouldContain("indirect");
    }

    [KernelFact(KernelFeature.UprobeMulti)]
    public void Uprobe_multi_gives_each_function_its_cookie()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceUprobeMulti, body: CountingProgram.NoteCookie);
        using var link = UprobeMultiLink.Attach(counting.Program, LibraryPath, new UprobeMultiOptions
        {
            Symbols = ["getpgid", "getsid"], Cookies = [7, 8], ProcessId = Environment.ProcessId,
        });
        SystemCalls.GetProcessGroup(0);
        counting.Cookie.ShouldBe(7UL);
        SystemCalls.GetSession(0);
        counting.Cookie.ShouldBe(8UL);
        link.Placements.Count.ShouldBe(2);
        if (link.GetInfo() is UprobeMultiLinkInfo { Offsets.Count: > 0 } info)
        {
            info.Offsets.Count.ShouldBe(2);
            info.Path.ShouldEndWith(Path.GetFileName(LibraryPath));
        }
    }

    [KernelFact(KernelFeature.UprobeMulti)]
    public void Uprobe_multi_attaches_to_every_function_that_matches()
    {
        using var counting = new CountingProgram(
            ProgramType.Kprobe, AttachType.TraceUprobeMulti, section: $"uprobe.multi/{LibraryPath}:getp?id", target: $"{LibraryPath}:getp?id");
        using var link = counting.Program.Attach(new AutoAttachOptions { ProcessId = Environment.ProcessId });
        SystemCalls.Repeat(5, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBe(0UL);
        using var all = UprobeMultiLink.Attach(counting.Program, LibraryPath, new UprobeMultiOptions { Pattern = "getsi*", ProcessId = Environment.ProcessId });
        SystemCalls.Repeat(5, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(5UL);
    }

    [KernelFact(KernelFeature.UprobeSession)]
    public void Uprobe_session_runs_at_entry_and_at_return()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceUprobeSession);
        using var link = UprobeMultiLink.Attach(counting.Program, LibraryPath, new UprobeMultiOptions { Symbols = ["getsid"], ProcessId = Environment.ProcessId });
        SystemCalls.Repeat(10, () => SystemCalls.GetSession(0));
        counting.Runs.ShouldBeGreaterThanOrEqualTo(20UL);
    }
}
