using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>What the parser and the linker made of an object, proved by running it.</summary>
public class LinkedObjectTests
{
    static readonly LoadOptions s_options = new() { KernelConfiguration = "CONFIG_HZ=250\nCONFIG_BPF_SYSCALL=y\n" };

    [KernelFact]
    public void Functions_of_one_section_and_callbacks_run()
    {
        using var loaded = BpfObject.Load(Fixture("functions"));
        // add_static(1) = 1, then add_hidden(2) = 3 * 2 + 6 * 3, less one by add_weak.
        loaded.Programs["first"].TestRun().ReturnValue.ShouldBe(24u);
        loaded.Variables["total"].Get<int>().ShouldBe(6);
        loaded.Variables["total"].Set(0);
        loaded.Programs["second"].TestRun();
        loaded.Variables["total"].Get<int>().ShouldBe(101, "four calls of the callback");
    }

    [KernelFact]
    public void Map_definitions_with_initial_content_work()
    {
        var spec = Fixture("maps");
        spec.Maps["flows"].Pinning = PinMode.None;
        using var loaded = BpfObject.Load(spec);
        // The last statement is a tail call into the initialised program array.
        loaded.Programs["use_maps"].TestRun().ReturnValue.ShouldBe(2u);
    }

    [KernelFact]
    public void Two_linked_objects_run_as_one()
    {
        using var loaded = BpfObject.Load(Link(), s_options);
        loaded.Programs["first"].TestRun();
        // 1 + second_value + scale(1000) + the strong decide(7) + the first first_taken(1) + the strong weak_value + two facts + the version.
        var version = (uint)Environment.OSVersion.Version.Major << 16 | (uint)Environment.OSVersion.Version.Minor << 8 | (uint)Math.Min(Environment.OSVersion.Version.Build, 255);
        var sum = loaded.Variables["first_sum"].Get<ulong>();
        (sum - (1 + 20 + (1000 + 2) * 3 + 7 * 5 + 1 + 100 + 4 + 2)).ShouldBeInRange(version & ~0xffu, version | 0xff);
        loaded.Variables["own_count"].Get<uint>().ShouldBe(12u, "twice calls its own static function twice");
        loaded.Variables["own_count.2"].Get<uint>().ShouldBe(32u, "scale calls the other one of that name");

        loaded.Variables["first_sum"].Set(0ul);
        loaded.Programs["second"].TestRun();
        loaded.Variables["first_sum"].Get<ulong>().ShouldBe(32ul + 33ul, "the callback adds to the other object's variable");
    }

    [KernelFact]
    public void A_function_built_in_code_replaces_a_weak_one_of_a_C_object()
    {
        var generated = new ObjectSpec { Name = "generated" };
        generated.Functions.Add("add_weak", new FunctionSpec
        {
            Name = "add_weak",
            // r0 = unused_global(r1) + 1000
            Instructions =
            [
                new(OpCode.CallInstruction, default, (Register)OpCode.PseudoCall),
                new((byte)InstructionClass.Alu64 | OpCode.Add, Register.R0, default, 0, 1000),
                new(OpCode.ExitInstruction, default, default),
            ],
            Relocations = [new Relocation(0, RelocationKind.Call, "unused_global")],
        });
        using var loaded = BpfObject.Load(new ObjectLinker("linked").Add(Fixture("functions")).Add(generated).Link());
        loaded.Programs["first"].TestRun().ReturnValue.ShouldBe(1u + (2 ^ 0x55) + 1000);
    }

    static ObjectSpec Link() => new ObjectLinker("linked").Add(Fixture("link_first")).Add(Fixture("link_second")).Link();

    static ObjectSpec Fixture(string name) => ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", name + ".bpf.o"));
}
