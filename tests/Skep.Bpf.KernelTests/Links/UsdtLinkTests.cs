using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Bpf.KernelTests.Links;

/// <remarks>What one test fires, a probe of another one would count: they run one after the other.</remarks>
[Collection("probed library")]
public class UsdtLinkTests
{
    [KernelFact]
    public void Attach_probes_every_site_with_the_cookie()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteCookie);
        using (var link = UsdtLink.Attach(counting.Program, ProbedLibrary.Path, "skeptest", "fired", new UsdtOptions { ProcessId = Environment.ProcessId, Cookie = 3 }))
        {
            link.Sites.Count.ShouldBe(2);
            ProbedLibrary.Fire(1, 2);
            ProbedLibrary.FireAgain(1, 2);
            counting.Runs.ShouldBe(2UL);
            counting.Cookie.ShouldBe(3UL);
        }
        ProbedLibrary.Fire(1, 2);
        counting.Runs.ShouldBe(2UL);
    }

    [KernelFact]
    public void Attach_raises_the_semaphore_while_it_listens()
    {
        using var counting = new CountingProgram(
            ProgramType.Kprobe, section: "usdt", target: $"{ProbedLibrary.Path}:skeptest:guarded");
        ProbedLibrary.Listeners.ShouldBe(0);
        using (counting.Program.Attach(new AutoAttachOptions { ProcessId = Environment.ProcessId }))
        {
            ProbedLibrary.Listeners.ShouldBe(1);
            ProbedLibrary.Guarded();
            counting.Runs.ShouldBe(1UL);
        }
        ProbedLibrary.Listeners.ShouldBe(0);
        ProbedLibrary.Guarded();
        counting.Runs.ShouldBe(1UL);
    }

    [KernelFact(KernelFeature.UprobeMulti)]
    public void Attach_makes_one_link_for_all_sites_of_a_program_loaded_for_it()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe, AttachType.TraceUprobeMulti);
        using var link = UsdtLink.Attach(counting.Program, ProbedLibrary.Path, "skeptest", "fired", new UsdtOptions { ProcessId = Environment.ProcessId });
        link.Links.Count.ShouldBe(1);
        ProbedLibrary.Fire(1, 2);
        ProbedLibrary.FireAgain(1, 2);
        counting.Runs.ShouldBe(2UL);
    }

    [KernelFact]
    public void Attach_names_probes_spelt_alike_when_there_is_none()
    {
        using var counting = new CountingProgram(ProgramType.Kprobe);
        Should.Throw<BpfException>(() => UsdtLink.Attach(counting.Program, ProbedLibrary.Path, "skeptest", "fried")).Message.ShouldContain("skeptest:fired");
    }

    [KernelFact]
    public void Spec_table_holds_each_distinct_site_once_and_frees_it()
    {
        using var map = BpfMap.Create(new MapSpec { Name = "usdt_specs", Type = MapType.Array, KeySize = 4, ValueSize = UsdtSpecTable.ElementSize, MaxEntries = 2 });
        var specs = new UsdtSpecTable(map);
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteCookie);
        var options = new UsdtOptions { ProcessId = Environment.ProcessId, Cookie = 9, Specs = specs };
        for (var i = 0; i < 5; i++)
        {
            using var link = UsdtLink.Attach(counting.Program, ProbedLibrary.Path, "skeptest", "fired", options);
            ProbedLibrary.Fire(1, 2);
            counting.Cookie.ShouldBeLessThan(2UL);
            var element = new byte[UsdtSpecTable.ElementSize];
            map.TryLookup(BitConverter.GetBytes((uint)counting.Cookie), element).ShouldBeTrue();
            element[0].ShouldBe((byte)9);
            element[8].ShouldBe((byte)3);
        }
    }

    [KernelFact]
    public void Uprobe_goes_to_the_cheap_instruction_and_sees_the_same_arguments()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return;
        const int rdi = 112;
        using var counting = new CountingProgram(ProgramType.Kprobe, body: CountingProgram.NoteContext(rdi));
        using var link = UprobeLink.Attach(counting.Program, ProbedLibrary.Path, "skep_slow_start", new UprobeOptions { ProcessId = Environment.ProcessId });
        link.Placement.ShouldNotBeNull().Offset.ShouldBe(9);
        link.Placement.IsEmulated.ShouldBeTrue();
        for (var i = 0; i < 7; i++) ProbedLibrary.SlowStart(1000 + i, 5, i % 2 == 0 ? 1 : -1).ShouldBe(i % 2 == 0 ? 1005 + i : 0);
        counting.Runs.ShouldBe(7UL);
        counting.Value.ShouldBe(1006UL);
    }
}
