using System.Globalization;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.KernelTests.Links;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>Maps whose values are programs, maps, interfaces, CPUs and cgroups.</summary>
public class ReferenceMapTests
{
    [KernelFact]
    public void Prog_array_is_where_tail_calls_go()
    {
        using var array = new ProgArray(BpfMap.Create(new MapSpec { Name = "jumps", Type = MapType.ProgArray, KeySize = 4, ValueSize = 4, MaxEntries = 4 }));
        using var target = Code.Load(ProgramType.SocketFilter, [Code.Move(Register.R0, 77), Code.Exit]);
        using var caller = Code.Load(ProgramType.SocketFilter,
            Code.Map(Register.R2, array.Map),
            [Code.Move(Register.R3, 2), Code.Call(HelperFunction.TailCall), Code.Move(Register.R0, 1), Code.Exit]);
        Code.Run(caller).ShouldBe(1u);
        array.TryGetProgramId(2, out _).ShouldBeFalse();
        array.Set(2, target);
        Code.Run(caller).ShouldBe(77u);
        array.TryGetProgramId(2, out var id).ShouldBeTrue();
        id.ShouldBeGreaterThan(0u);
        array.Clear(2).ShouldBeTrue();
        array.Clear(2).ShouldBeFalse();
        Code.Run(caller).ShouldBe(1u);
    }

    [KernelFact]
    public void Maps_of_maps_give_back_the_inner_map()
    {
        foreach (var type in new[] { MapType.ArrayOfMaps, MapType.HashOfMaps })
        {
            using var template = BpfMap.Create<int, long>(MapType.Hash, 16);
            using var outer = BpfMap.CreateOuter<int>(type, 4, template.Map, "outer");
            outer.TryGetId(1, out _).ShouldBeFalse();
            using (var inner = BpfMap.Create<int, long>(MapType.Hash, 16, "inner"))
            {
                inner[5] = 55;
                outer.Set(1, inner.Map);
            }
            using var opened = new BpfMap<int, long>(outer.Open(1).ShouldNotBeNull());
            opened[5].ShouldBe(55);
            opened.Map.Name.ShouldBe("inner");
            using var wrong = BpfMap.Create<int, int>(MapType.Hash, 16);
            Should.Throw<BpfSyscallException>(() => outer.Set(2, wrong.Map)).ErrorName.ShouldBe("EINVAL");
            outer.Delete(1).ShouldBeTrue();
            outer.Open(1).ShouldBeNull();
        }
    }

    [KernelFact]
    public void A_program_reads_the_inner_map_of_an_array()
    {
        using var inner = BpfMap.CreateArray<long>(1, "inner");
        inner[0] = 4711;
        using var outer = BpfMap.CreateOuter<int>(MapType.ArrayOfMaps, 1, inner.Map, "outer");
        outer.Set(0, inner.Map);
        using var program = Code.Load(ProgramType.SocketFilter,
            Code.Map(Register.R1, outer.Map),
            [
                Code.Store(Register.R10, -4, 0, OpCode.Word),
                Code.Move(Register.R2, Register.R10),
                Code.Add(Register.R2, -4),
                Code.Call(HelperFunction.MapLookupElem),
                Code.JumpIfZero(Register.R0, 6),
                Code.Move(Register.R1, Register.R0),
                Code.Move(Register.R2, Register.R10),
                Code.Add(Register.R2, -4),
                Code.Call(HelperFunction.MapLookupElem),
                Code.JumpIfZero(Register.R0, 1),
                Code.Load(Register.R0, Register.R0, 0),
                Code.Exit,
            ]);
        Code.Run(program).ShouldBe(4711u);
    }

    [KernelFact]
    public void Devmaps_hold_interfaces()
    {
        var loopback = uint.Parse(File.ReadAllText("/sys/class/net/lo/ifindex"), CultureInfo.InvariantCulture);
        foreach (var (type, valueSize) in new[] { (MapType.DevMap, 4u), (MapType.DevMap, 8u), (MapType.DevMapHash, 8u) })
        {
            using var map = new DevMap(BpfMap.Create(new MapSpec { Name = "out", Type = type, KeySize = 4, ValueSize = valueSize, MaxEntries = 8 }));
            map.TryLookup(3, out _).ShouldBeFalse();
            map.Set(3, loopback);
            map.TryLookup(3, out var entry).ShouldBeTrue();
            entry.ShouldBe(new DevMapEntry(loopback, 0));
            map.Delete(3).ShouldBeTrue();
            map.TryLookup(3, out _).ShouldBeFalse();
            Should.Throw<BpfSyscallException>(() => map.Set(3, 0x7fff_0000)).ErrorName.ShouldBe("EINVAL");
        }
    }

    [KernelFact]
    public void Devmap_and_cpumap_run_a_program_on_what_is_sent_there()
    {
        using var onDevice = Code.Load(ProgramType.Xdp, AttachType.XdpDevmap, [Code.Move(Register.R0, 2), Code.Exit]);
        using var onCpu = Code.Load(ProgramType.Xdp, AttachType.XdpCpumap, [Code.Move(Register.R0, 2), Code.Exit]);
        using var devices = new DevMap(BpfMap.Create(new MapSpec { Name = "out", Type = MapType.DevMap, KeySize = 4, ValueSize = 8, MaxEntries = 8 }));
        using var cpus = new CpuMap(BpfMap.Create(new MapSpec { Name = "cpus", Type = MapType.CpuMap, KeySize = 4, ValueSize = 8, MaxEntries = 1 }));
        devices.Set(0, 1, onDevice);
        devices.TryLookup(0, out var device).ShouldBeTrue();
        device.ProgramId.ShouldBeGreaterThan(0u);
        cpus.TryLookup(0, out _).ShouldBeFalse();
        cpus.Set(0, 64, onCpu);
        cpus.TryLookup(0, out var cpu).ShouldBeTrue();
        cpu.QueueSize.ShouldBe(64u);
        cpu.ProgramId.ShouldBeGreaterThan(0u);
        cpus.Delete(0);
    }

    [KernelFact]
    public void Redirect_through_a_devmap_and_a_cpumap_is_granted_only_for_filled_slots()
    {
        using var devices = new DevMap(BpfMap.Create(new MapSpec { Name = "out", Type = MapType.DevMap, KeySize = 4, ValueSize = 4, MaxEntries = 2 }));
        using var cpus = new CpuMap(BpfMap.Create(new MapSpec { Name = "cpus", Type = MapType.CpuMap, KeySize = 4, ValueSize = 4, MaxEntries = 1 }));
        foreach (var map in new[] { devices.Map, cpus.Map })
        {
            // XDP_PASS (2) in the low flag bits is what the helper returns for an empty slot; XDP_REDIRECT is 4.
            using var program = Code.Load(ProgramType.Xdp,
                Code.Map(Register.R1, map),
                [Code.Move(Register.R2, 0), Code.Move(Register.R3, 2), Code.Call(HelperFunction.RedirectMap), Code.Exit]);
            Code.Run(program).ShouldBe(2u);
            if (map.Type == MapType.DevMap) devices.Set(0, 1);
            else cpus.Set(0, 64);
            Code.Run(program).ShouldBe(4u);
        }
    }

    [KernelFact]
    public void Cgroup_array_answers_whether_a_task_is_inside()
    {
        var root = TestCgroup.Root;
        var mine = Directory.CreateDirectory(Path.Combine(root, $"skep-test-array-{Environment.ProcessId}"));
        try
        {
            using var array = new CgroupArray(BpfMap.Create(new MapSpec { Name = "groups", Type = MapType.CgroupArray, KeySize = 4, ValueSize = 4, MaxEntries = 2 }));
            // Traffic control programs may ask this only on newer kernels; tracing programs always could.
            using var program = Code.Load(ProgramType.RawTracepoint,
                Code.Map(Register.R1, array.Map),
                [Code.Move(Register.R2, 1), Code.Call(HelperFunction.CurrentTaskUnderCgroup), Code.Exit]);
            ((int)program.TestRun(new TestRunOptions()).ReturnValue).ShouldBe(-11);
            array.Set(1, mine.FullName);
            program.TestRun(new TestRunOptions()).ReturnValue.ShouldBe(0u);
            array.Set(1, root);
            program.TestRun(new TestRunOptions()).ReturnValue.ShouldBe(1u);
            array.Clear(1).ShouldBeTrue();
            array.Clear(1).ShouldBeFalse();
        }
        finally
        {
            mine.Delete();
        }
    }
}
