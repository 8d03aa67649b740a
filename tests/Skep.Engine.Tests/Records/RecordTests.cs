using System.Runtime.CompilerServices;
using System.Text;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Xunit;

namespace Skep.Engine.Tests.Records;

public class RecordTests
{
    static readonly ProcessId s_id = new(100, 5_000), s_parent = new(1, 10);

    [Fact]
    public void Records_have_the_sizes_of_the_kernel_side()
    {
        Unsafe.SizeOf<RecordHeader>().ShouldBe(RecordHeader.Size);
        (RecordHeader.Size + Unsafe.SizeOf<ExecRecord.Body>()).ShouldBe(ExecRecord.Size);
        (RecordHeader.Size + Unsafe.SizeOf<MoreRecord.Body>()).ShouldBe(MoreRecord.Size);
        ExecRecord.Size.ShouldBe(296);
    }

    [Theory]
    [InlineData(4, "sha256", 32)]
    [InlineData(2, "sha1", 20)]
    [InlineData(-95, "", 0)]
    [InlineData(1000, "", 0)]
    public void Digest_record_has_the_digest_of_its_algorithm_or_none(int algorithm, string name, int length)
    {
        var bytes = RecordBuilder.Digest(s_id, 7_000, algorithm);

        DigestRecord.TryRead(bytes, out var record).ShouldBeTrue();

        (record.Header.Tid, record.Header.Time, record.Algorithm, record.Digest.Length).ShouldBe((s_id.Pid, 7_000UL, name, length));
        if (length > 0) record.Digest[^1].ShouldBe((byte)length);
        for (var cut = 0; cut < bytes.Length; cut++) DigestRecord.TryRead(bytes.AsSpan(0, cut), out _).ShouldBeFalse();
        DigestRecord.TryRead(RecordBuilder.Hook(s_id, s_parent, 1), out _).ShouldBeFalse();
    }

    [Fact]
    public void Exec_record_is_read_field_by_field()
    {
        var bytes = RecordBuilder.Exec(s_id, s_parent, 4_000, "/bin/true", "true\0-x\0", "/tmp", "A=1\0", cgroup: 42, cgroupName: "init.scope");

        ExecRecord.TryRead(bytes, out var record).ShouldBeTrue();

        record.Header.Id.ShouldBe(s_id);
        record.Header.ParentId.ShouldBe(s_parent);
        record.ReplacedStart.ShouldBe(4_000UL);
        Encoding.Latin1.GetString(record.Executable).ShouldBe("/bin/true");
        Encoding.Latin1.GetString(record.WorkingDirectory).ShouldBe("/tmp");
        Encoding.Latin1.GetString(record.CgroupName).ShouldBe("init.scope");
        Encoding.Latin1.GetString(record.Arguments).ShouldBe("true\0-x\0");
        Encoding.Latin1.GetString(record.Environment).ShouldBe("A=1\0");
        Encoding.Latin1.GetString(record.Comm).ShouldBe("comm");
        record.Credentials.Ambient.ShouldBe(15UL);
        record.Namespaces.User.ShouldBe(10u);
    }

    [Fact]
    public void Exec_record_is_refused_at_every_length_that_is_too_short()
    {
        var bytes = RecordBuilder.Exec(s_id, s_parent, 4_000, "/bin/true", "true\0");
        for (var length = 0; length < bytes.Length; length++)
        {
            ExecRecord.TryRead(bytes.AsSpan(0, length), out _).ShouldBeFalse();
            var lying = bytes[..length];
            if (length >= 4) BitConverter.TryWriteBytes(lying, length);
            ExecRecord.TryRead(lying, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Records_of_random_bytes_never_throw()
    {
        var random = new Random(7);
        var tree = new ProcessTree(new ProcessTreeOptions { MemoryCap = 256 * 1024 });
        var templates = new[]
        {
            RecordBuilder.Exec(s_id, s_parent, 4_000, "/bin/true", "true\0"), RecordBuilder.Fork(s_id, s_parent), RecordBuilder.Exit(s_id, s_parent, 9),
            RecordBuilder.More(s_id, 3, "abc"), RecordBuilder.Hook(s_id, s_parent, 3),
        };
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = templates[random.Next(templates.Length)].ToArray();
            for (var flips = random.Next(1, 5); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            tree.OnRecord(bytes.AsSpan(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length));
            tree.RetainedBytes.ShouldBeLessThanOrEqualTo(256 * 1024);
        }
        tree.Counters.Malformed.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Reading_records_allocates_nothing()
    {
        var exec = RecordBuilder.Exec(s_id, s_parent, 4_000, "/bin/true", "true\0");
        var exit = RecordBuilder.Exit(s_id, s_parent, 9, 0x8b);
        var sum = Read(exec, exit);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) sum += Read(exec, exit);
        var after = GC.GetAllocatedBytesForCurrentThread();
        (after - before).ShouldBe(0);
        sum.ShouldBeGreaterThan(0);

        static int Read(byte[] exec, byte[] exit) =>
            (ExecRecord.TryRead(exec, out var a) ? a.Executable.Length : 0) + (ExitRecord.TryRead(exit, out var b) ? b.Signal : 0);
    }

    [Theory]
    [InlineData("node", 100u, 5_000UL)]
    [InlineData("", 0u, 0UL)]
    [InlineData("gke-michi-22038-default-pool-43730fab-l8zr", 4294967295u, ulong.MaxValue)]
    public void Exec_id_is_the_base64_of_node_start_and_pid(string node, uint pid, ulong start)
    {
        var buffer = new byte[ExecId.MaxLength(node.Length)];
        var length = ExecId.Format(Encoding.UTF8.GetBytes(node), new ProcessId(pid, start), buffer);
        Encoding.UTF8.GetString(Convert.FromBase64String(Encoding.ASCII.GetString(buffer, 0, length))).ShouldBe($"{node}:{start}:{pid}");
    }
}
