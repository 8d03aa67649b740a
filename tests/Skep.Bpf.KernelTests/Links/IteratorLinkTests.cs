using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Testing;

namespace Skep.Bpf.KernelTests.Links;

public class IteratorLinkTests
{
    const int Object = 8, MapKey = 16;

    [KernelFact]
    public void Task_iterator_writes_a_line_for_each_task()
    {
        using var iterator = LineWriter("bpf_iter_task", Object);
        using var link = IteratorLink.Attach(iterator.Program);
        var processes = Directory.EnumerateDirectories("/proc").Count(d => int.TryParse(Path.GetFileName(d), out _));
        Lines(link).ShouldBeGreaterThan(processes / 2);
        link.GetInfo().ShouldBeOfType<IteratorLinkInfo>().Target.ShouldBe("task");
    }

    [KernelFact]
    public void Task_iterator_can_be_limited_to_a_thread_or_a_process_or_says_which_kernel_can()
    {
        using var iterator = LineWriter("bpf_iter_task", Object);
        var thread = SystemCalls.ThreadId();
        try
        {
            using (var one = IteratorLink.Attach(iterator.Program, new IteratorOptions { ThreadId = thread }))
            {
                Lines(one).ShouldBe(1);
                one.GetInfo().ShouldBeOfType<IteratorLinkInfo>().ThreadId.ShouldBe((uint)thread);
            }
            using (var process = IteratorLink.Attach(iterator.Program, new IteratorOptions { ProcessId = Environment.ProcessId }))
            {
                Lines(process).ShouldBeGreaterThan(1);
            }
            using (var process = IteratorLink.Attach(iterator.Program, new IteratorOptions { ProcessId = Environment.ProcessId, UsePidDescriptor = true }))
            {
                Lines(process).ShouldBeGreaterThan(1);
            }
        }
        catch (BpfSyscallException error)
        {
            error.Message.ShouldContain("needs Linux 6.1");
        }
    }

    [KernelFact]
    public void Map_iterator_visits_each_element()
    {
        using var map = BpfMap.Create<int, int>(MapType.Hash, 16, "visited");
        for (var i = 0; i < 5; i++) map.Update(i, i * i);
        using var iterator = LineWriter("bpf_iter_bpf_map_elem", MapKey);
        using (var link = IteratorLink.Attach(iterator.Program, new IteratorOptions { Map = map.Map }))
        {
            Lines(link).ShouldBe(5);
            map.Update(77, 77);
            Lines(link).ShouldBe(6, "a second pass starts anew");
            link.GetInfo().ShouldBeOfType<IteratorLinkInfo>().MapId.ShouldBe(map.Map.GetInfo().Id);
        }
        Should.Throw<BpfSyscallException>(() => IteratorLink.Attach(iterator.Program)).Message.ShouldContain("IteratorOptions.Map");
    }

    [KernelFact]
    public void Cgroup_iterator_walks_in_the_given_order()
    {
        if (!Btf.Kernel.TryFind("bpf_iter_cgroup", BtfKind.Function, out _)) return;
        using var parent = new TestCgroup();
        var child = Path.Combine(parent.Path, "child");
        Directory.CreateDirectory(child);
        try
        {
            using var iterator = LineWriter("bpf_iter_cgroup", Object);
            using (var self = IteratorLink.Attach(iterator.Program, new IteratorOptions { CgroupPath = parent.Path, CgroupOrder = CgroupIterationOrder.SelfOnly })) Lines(self).ShouldBe(1);
            using (var down = IteratorLink.Attach(iterator.Program, new IteratorOptions { CgroupPath = parent.Path })) Lines(down).ShouldBe(2);
            using var up = IteratorLink.Attach(iterator.Program, new IteratorOptions { CgroupPath = child, CgroupOrder = CgroupIterationOrder.AncestorsUp });
            Lines(up).ShouldBe(3);
        }
        finally
        {
            Directory.Delete(child);
        }
    }

    [KernelFact]
    public void Pinned_iterator_is_opened_as_an_iterator()
    {
        using var files = new TemporaryBpfFileSystem();
        using var iterator = LineWriter("bpf_iter_bpf_map", Object);
        using (var link = IteratorLink.Attach(iterator.Program)) link.Pin(files["maps"]);
        using var opened = BpfLink.FromPin(files["maps"]).ShouldBeOfType<IteratorLink>();
        Lines(opened).ShouldBeGreaterThan(0);
    }

    /// <summary>An iterator that writes "x\n" for each object, as long as the pointer at an offset of its context is not null.</summary>
    static CountingProgram LineWriter(string function, int pointerOffset)
    {
        Btf.Kernel.TryFind(function, BtfKind.Function, out var type).ShouldBeTrue();
        return new CountingProgram(ProgramType.Tracing, AttachType.TraceIter, verdict: 0, attachBtfId: type.Id, body: code =>
        {
            var end = code.NewLabel();
            code.Load(AccessSize.Double, Register.R1, Register.R6, pointerOffset).JumpIf(Register.R1, Comparison.Equal, 0, end)
                .Load(AccessSize.Double, Register.R1, Register.R6, 0).Load(AccessSize.Double, Register.R1, Register.R1, 0)
                .Store(AccessSize.Half, Register.R10, -8, 'x' | '\n' << 8).Move(Register.R2, Register.R10).Add(Register.R2, -8).Move(Register.R3, 2)
                .Call(HelperFunction.SeqWrite).Bind(end);
        });
    }

    static int Lines(IteratorLink link) => link.ReadToEnd().Count(c => c == '\n');
}
