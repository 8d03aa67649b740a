using Shouldly;
using Skep.Bpf.Tests;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class KernelBtfTests
{
    const string KernelFile = "/sys/kernel/btf/vmlinux";

    [KernelFact]
    public void Opening_the_kernels_types_and_finding_one_allocates_little_more_than_the_file()
    {
        Btf.FromFile(KernelFile).TryFind("int", BtfKind.Int, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var btf = Btf.FromFile(KernelFile);
        btf.TryFind("task_struct", BtfKind.Struct, out var task).ShouldBeTrue();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        task.Size.ShouldBeGreaterThan(1000u);
        allocated.ShouldBeLessThan(Math.Max(10_000_000, btf.Data.Length * 3 / 2));
    }

    [KernelFact]
    public void Find_gives_the_same_answer_by_scan_and_by_index()
    {
        var names = new[] { "task_struct", "file", "sk_buff", "bpf_prog", "list_head", "pid_t", "vfs_read", "no_such_type_at_all", "cgroup", "mm_struct" };
        var btf = Btf.FromFile(KernelFile);
        uint Find(string name) => btf.TryFind(name, out var type) ? type.Id : 0;
        var scanned = names.Take(5).Select(Find).ToArray();
        foreach (var name in names) Find(name);
        names.Take(5).Select(Find).ShouldBe(scanned);
        foreach (var name in names)
        {
            var expected = new List<uint>();
            foreach (var type in btf.Types) if (type.Name == name) expected.Add(type.Id);
            btf.FindAll(name).Select(type => type.Id).ShouldBe(expected, name);
        }
    }

    [KernelFact]
    public void Members_are_found_through_anonymous_structs_and_typedefs()
    {
        Btf.Kernel.TryFind("sk_buff", BtfKind.Struct, out var buffer).ShouldBeTrue();
        BtfLayout.TryFind(buffer, "dev", out var device).ShouldBeTrue();
        Btf.Kernel[device.TypeId].Kind.ShouldBe(BtfKind.Pointer);
        BtfLayout.TryFind(buffer, "users.refs.counter", out var counter).ShouldBeTrue();
        Btf.Kernel.SizeOf(counter.TypeId).ShouldBe(4u);
        BtfLayout.TryFind(buffer, "users.nothing", out _).ShouldBeFalse();
    }

    [KernelFact]
    public void The_whole_kernel_survives_copying_and_deduplication()
    {
        var btf = Btf.FromFile(KernelFile);
        var copy = BtfBuilder.From(btf).Build("copy");
        copy.Count.ShouldBe(btf.Count);
        copy.Data.Length.ShouldBeLessThanOrEqualTo(btf.Data.Length);
        for (uint id = 1; id < btf.Count; id += 997) Line(copy[id]).ShouldBe(Line(btf[id]));

        // pahole has deduplicated it already; what is left over are shapes that its rules do not join.
        var once = BtfDeduplicator.Deduplicate(btf);
        once.Types.Count.ShouldBeInRange(btf.Count * 9 / 10, btf.Count);
        var again = once.Types.Build();
        BtfDeduplicator.Deduplicate(again).Types.Count.ShouldBe(again.Count);
    }

    [KernelFact]
    public void Two_copies_of_many_kernel_types_deduplicate_to_one()
    {
        var sample = new BtfBuilder();
        var copied = new Dictionary<uint, uint>();
        foreach (var name in new[] { "task_struct", "sk_buff", "bpf_prog", "inode", "net_device" })
        {
            Btf.Kernel.TryFind(name, BtfKind.Struct, out var type).ShouldBeTrue();
            sample.Copy(type, copied);
        }
        var single = BtfDeduplicator.Deduplicate(sample.Build()).Types.Build();
        var twice = BtfBuilder.From(single);
        twice.Add(single);
        var merged = BtfDeduplicator.Deduplicate(twice.Build());
        merged.Types.Count.ShouldBe(single.Count);
        for (uint id = 1; id < single.Count; id++) merged[id + single.Count - 1].ShouldBe(merged[id]);
    }

    [KernelFact(KernelFeature.Clang)]
    public void The_kernels_types_dumped_as_c_compile_to_the_same_layout()
    {
        BtfCompileCheck.Compile(Btf.Kernel, out var assertions).ShouldBe("");
        assertions.ShouldBeGreaterThan(30_000);
    }

    static string Line(BtfType type)
    {
        var writer = new StringWriter();
        BtfListing.Write(type, writer);
        return writer.ToString();
    }
}
