using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

public class GenerationTests
{
    [KernelFact]
    public void System_call_is_reported_with_its_arguments()
    {
        var policy = new Policy
        {
            Name = "p",
            Hooks =
            [
                new HookRequest
                {
                    Target = new SyscallHook("getpgid"),
                    Values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }],
                    Rules = [new Rule { When = new ValueCondition(0, new NumberPredicate([new NumberRange(1, 1)])) }],
                },
            ],
        };
        var plan = GenerationPlan.Create([policy], new HookResolver(Btf.Kernel), bestEffort: false);
        plan.Failures.ShouldBeEmpty();
        using var generation = Generation.Load(1, plan, Btf.Kernel, new EngineOptions(), new Dictionary<string, BpfMap>());
        var control = generation.Maps["control"];
        Span<byte> settings = stackalloc byte[(int)control.ValueSize];
        MemoryMarshal.Write(settings, 1u);
        control.Update(BitConverter.GetBytes(0), settings);
        var kinds = new List<int>();
        using var reader = new RingBufferReader();
        reader.Add(generation.Maps["events"], record =>
        {
            kinds.Add(MemoryMarshal.Read<ushort>(record[4..]));
        });
        getpgid(1).ShouldBeGreaterThanOrEqualTo(0);
        getpgid(2).ShouldBeGreaterThanOrEqualTo(0);
        reader.Poll(TimeSpan.FromMilliseconds(50));
        reader.Consume();
        kinds.Count(k => k == 4).ShouldBe(1);
    }

    [DllImport("libc")]
    static extern int getpgid(int pid);
}
