using System.Diagnostics;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class PerfEventLinkTests
{
    [KernelFact]
    public void Cpu_clock_samples_on_every_cpu_run_the_program()
    {
        using var counting = new CountingProgram(ProgramType.PerfEvent);
        using var links = PerfEventLink.AttachToEveryCpu(counting.Program, new PerfEventOptions { Frequency = 999 });
        links.Links.Count.ShouldBeGreaterThan(0);
        var started = Stopwatch.GetTimestamp();
        while (counting.Runs < 5 && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20)) Thread.SpinWait(10_000);
        counting.Runs.ShouldBeGreaterThanOrEqualTo(5UL);
        var info = links.Links[0].GetInfo().ShouldBeOfType<PerfEventLinkInfo>();
        if (KernelVersion.Running >= new KernelVersion(6, 6)) info.Kind.ShouldBe(PerfEventKind.Event);
    }

    [KernelFact]
    public void Attach_says_so_when_the_cpu_does_not_exist()
    {
        using var counting = new CountingProgram(ProgramType.PerfEvent);
        Should.Throw<BpfSyscallException>(() => PerfEventLink.Attach(counting.Program, cpu: 4095));
    }
}
