using System.Net;
using System.Net.Sockets;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Bpf.KernelTests.Links;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>Maps that only programs fill: stacks, and the storage of cgroup attachments.</summary>
public class ProgramStorageTests
{
    [KernelFact]
    public void Stack_trace_map_holds_the_frames_of_the_kernel()
    {
        using var stacks = new StackTraceMap(BpfMap.Create(new MapSpec { Name = "stacks", Type = MapType.StackTrace, KeySize = 4, ValueSize = 127 * 8, MaxEntries = 64 }));
        using var result = BpfMap.CreateArray<long>(1, "result");
        using var program = Code.Load(ProgramType.RawTracepoint,
            Code.Map(Register.R2, stacks.Map),
            [Code.Move(Register.R3, 0), Code.Call(HelperFunction.GetStackid)],
            Code.MapValue(Register.R1, result.Map),
            [Code.Store(Register.R1, 0, Register.R0), Code.Move(Register.R0, 0), Code.Exit]);
        program.TestRun();
        result[0].ShouldBeGreaterThanOrEqualTo(0);
        var frames = new ulong[stacks.MaxDepth];
        var depth = stacks.Read((uint)result[0], frames);
        depth.ShouldBeInRange(3, 126);
        // Kernel text lies in the upper half of the address space.
        frames[..depth].ShouldAllBe(address => address > 1ul << 63);
        stacks.Delete((uint)result[0]).ShouldBeTrue();
        stacks.Read((uint)result[0], frames).ShouldBe(0);
    }

    [KernelFact]
    public void Cgroup_attachments_have_storage_of_their_own()
    {
        foreach (var type in new[] { MapType.CgroupStorage, MapType.PerCpuCgroupStorage })
        {
            using var map = BpfMap.Create(new MapSpec { Name = "attached", Type = type, KeySize = 16, ValueSize = 8 });
            using var program = Code.Load(ProgramType.CgroupSkb, AttachType.CgroupInetEgress,
                Code.Map(Register.R1, map),
                [
                    Code.Move(Register.R2, 0),
                    Code.Call(HelperFunction.GetLocalStorage),
                    Code.Load(Register.R1, Register.R0, 0),
                    Code.Add(Register.R1, 1),
                    Code.Store(Register.R0, 0, Register.R1),
                    Code.Move(Register.R0, 1),
                    Code.Exit,
                ]);
            using var cgroup = new TestCgroup();
            Command(BpfCommand.ProgramAttach, cgroup, program);
            cgroup.Run(() =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.SendTo(new byte[8], new IPEndPoint(IPAddress.Loopback, 9));
            });
            var keys = new MapKeys<CgroupStorageKey>(map).GetEnumerator();
            keys.MoveNext().ShouldBeTrue();
            var key = keys.Current;
            key.AttachType.ShouldBe(AttachType.CgroupInetEgress);
            keys.MoveNext().ShouldBeFalse();
            if (map.IsPerCpu)
            {
                var perCpu = new BpfPerCpuMap<CgroupStorageKey, long>(map);
                var counts = new long[PossibleCpus.Count];
                perCpu.TryLookup(key, counts).ShouldBeTrue();
                counts.Sum().ShouldBe(1);
            }
            else
            {
                var view = new BpfMap<CgroupStorageKey, long>(map);
                view[key].ShouldBe(1);
                view[key] = 100;
                view[key].ShouldBe(100);
            }
            Command(BpfCommand.ProgramDetach, cgroup, program);
        }
    }

    static void Command(BpfCommand command, TestCgroup cgroup, BpfProgram program)
    {
        using var owner = StorageOwner.Cgroup(cgroup.Path);
        var attr = new ProgramAttachAttr { TargetFd = owner.Fd.Value, AttachBpfFd = program.Fd.Value, AttachType = (uint)AttachType.CgroupInetEgress };
        BpfSyscall.Call(command, ref attr, $"{command} in {cgroup.Path}");
    }
}
