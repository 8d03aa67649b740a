using System.Buffers.Binary;
using System.Net;
using System.Text;
using Shouldly;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Xunit;
using static Skep.Tetragon.Tests.Export.ExportFixture;

namespace Skep.Tetragon.Tests.Export;

public class HookEventTests
{
    [Fact]
    public void Kprobe_prints_arguments_data_and_return_in_their_places()
    {
        var hook = new ExportHook(ExportSection.Kprobe, "__x64_sys_openat", "open", [
            new ExportValue(ValueKind.Int32, Label: "dirfd"), new ExportValue(ValueKind.Text), new ExportValue(ValueKind.UInt32, ExportRole.Data, "uid"),
            new ExportValue(ValueKind.None), new ExportValue(ValueKind.Int64, ExportRole.Return)],
            [new ExportRule("KPROBE_ACTION_SIGKILL")], "Opens \"files\"", ["a.b", "c"]);
        var record = new HookRecordBuilder().Number(-100L).Text("/etc/\"x\"\n").Number(7L).Missing().Number(-13L).Match(0, MatchActions.Post | MatchActions.Signal).Build();
        var kprobe = Hook(hook, record, process: Curl(Shell()), rule: 0)["process_kprobe"]!.AsObject();
        kprobe["process"]!["tid"]!.GetValue<uint>().ShouldBe(4243u);
        kprobe["process"]!["refcnt"]!.GetValue<uint>().ShouldBe(1u);
        kprobe["parent"]!["refcnt"].ShouldBeNull();
        kprobe.Remove("process");
        kprobe.Remove("parent");
        ShouldBe(kprobe, """
            {"function_name":"__x64_sys_openat","args":[{"int_arg":-100,"label":"dirfd"},{"string_arg":"/etc/\"x\"\n"}],"return":{"long_arg":"-13"},
             "action":"KPROBE_ACTION_SIGKILL","policy_name":"open","return_action":"KPROBE_ACTION_POST","message":"Opens \"files\"","tags":["a.b","c"],"data":[{"uint_arg":7,"label":"uid"}]}
            """);
    }

    [Fact]
    public void Policy_that_monitors_reports_no_action_that_it_did_not_take()
    {
        var hook = new ExportHook(ExportSection.Kprobe, "f", "p", [], [new ExportRule("KPROBE_ACTION_OVERRIDE")]);
        var line = Hook(hook, new HookRecordBuilder().Build(), rule: 0, actions: MatchActions.Post | MatchActions.Override | MatchActions.Monitored);
        line["process_kprobe"]!["action"]!.GetValue<string>().ShouldBe("KPROBE_ACTION_POST");
    }

    [Fact]
    public void Unknown_process_is_its_pid_and_start()
    {
        var line = Hook(new ExportHook(ExportSection.Kprobe, "f", "p", []), new HookRecordBuilder().Build());
        ShouldBe(line["process_kprobe"]!["process"], """{"pid":4242,"flags":"unknown","start_time":"2030-01-02T03:04:06Z","tid":4243}""");
        line["time"]!.GetValue<string>().ShouldBe("2030-01-02T03:04:07.500Z");
    }

    [Fact]
    public void Tracepoint_prints_subsystem_and_event()
    {
        var hook = new ExportHook(ExportSection.Tracepoint, "raw_syscalls/sys_enter", "t", [new ExportValue(ValueKind.Syscall)], message: "m", tags: ["x"]);
        var tracepoint = Hook(hook, new HookRecordBuilder().Number(59L).Build())["process_tracepoint"]!.AsObject();
        tracepoint.Remove("process");
        var abi = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";
        ShouldBe(tracepoint, $$$"""
            {"subsys":"raw_syscalls","event":"sys_enter","args":[{"syscall_id":{"id":59,"abi":"{{{abi}}}"}}],"policy_name":"t","action":"KPROBE_ACTION_POST","message":"m","tags":["x"]}
            """);
    }

    [Fact]
    public void Security_hook_prints_its_name()
    {
        var hook = new ExportHook(ExportSection.Lsm, "file_open", "l", [new ExportValue(ValueKind.File)], [new ExportRule("KPROBE_ACTION_OVERRIDE")]);
        var lsm = Hook(hook, new HookRecordBuilder().Text("/etc/shadow", mode: 0x81a0).Build(), rule: 0)["process_lsm"]!.AsObject();
        lsm.Remove("process");
        ShouldBe(lsm, """
            {"function_name":"file_open","policy_name":"l","args":[{"file_arg":{"path":"/etc/shadow","permission":"-rw-r-----"}}],"action":"KPROBE_ACTION_OVERRIDE"}
            """);
    }

    [Fact]
    public void User_function_prints_its_place_and_what_it_returned_as_last_argument()
    {
        ExportValue[] values = [new(ValueKind.Int32), new(ValueKind.UInt64, ExportRole.Data), new(ValueKind.Int64, ExportRole.Return, "sum")];
        var hook = new ExportHook(ExportSection.Uprobe, "f", "u", values, [new ExportRule()], "m", ["t1"], new ExportFile("/lib/x.so", "", 16, 4096));
        var uprobe = Hook(hook, new HookRecordBuilder().Number(3L).Number(9L).Number(-4L).Build(), rule: 0)["process_uprobe"]!.AsObject();
        uprobe.Remove("process");
        ShouldBe(uprobe, """
            {"path":"/lib/x.so","symbol":"f","policy_name":"u","message":"m","args":[{"int_arg":3},{"long_arg":"-4","label":"sum"}],"tags":["t1"],"offset":"16","ref_ctr_offset":"4096","action":"KPROBE_ACTION_POST","data":[{"size_arg":"9"}]}
            """);
    }

    [Fact]
    public void User_probe_prints_its_provider_and_name()
    {
        var hook = new ExportHook(ExportSection.Usdt, "n", "u", [new ExportValue(ValueKind.Int32)], [new ExportRule("KPROBE_ACTION_SET")], "m", ["t1"], new ExportFile("/bin/x", "p", 0, 0));
        var usdt = Hook(hook, new HookRecordBuilder().Number(3L).Build(), rule: 0)["process_usdt"]!.AsObject();
        usdt.Remove("process");
        ShouldBe(usdt, """
            {"path":"/bin/x","provider":"p","name":"n","policy_name":"u","message":"m","args":[{"int_arg":3}],"tags":["t1"],"action":"KPROBE_ACTION_SET"}
            """);
    }

    [Fact]
    public void Hook_without_a_tag_is_printed_from_its_request()
    {
        var request = new HookRequest
        {
            Target = new TracepointHook("sched", "sched_switch"),
            Values = [new ValueSpec { Kind = ValueKind.Int32, Label = "prev" }],
            Rules = [new Rule { Actions = [new PostAction(), new SignalAction(9)] }],
        };
        HookRecord.TryRead(new HookRecordBuilder().Missing().Number(3L).Build(), out var record).ShouldBeTrue();
        var writer = new ExportWriter(Options);
        writer.WriteHook(new HookEvent { Record = record, Request = request, PolicyName = "q", Rule = 0, Places = [1] });
        var tracepoint = Event(writer)["process_tracepoint"]!.AsObject();
        tracepoint.Remove("process");
        ShouldBe(tracepoint, """{"subsys":"sched","event":"sched_switch","args":[{"int_arg":3,"label":"prev"}],"policy_name":"q","action":"KPROBE_ACTION_SIGKILL"}""");
    }

    [Fact]
    public void Stacks_print_what_is_known()
    {
        var symbols = new Symbols();
        HookRecord.TryRead(new HookRecordBuilder().Build(), out var record).ShouldBeTrue();
        var hook = new ExportHook(ExportSection.Kprobe, "f", "p", []);
        var writer = new ExportWriter(Options);
        writer.WriteHook(new HookEvent { Record = record, Request = Request, Symbols = symbols, KernelStack = [0x1010, 0x2000, 0], UserStack = [0x1020], Process = Curl(null) }, hook);
        var kprobe = Event(writer)["process_kprobe"]!;
        ShouldBe(kprobe["kernel_stack_trace"], """[{"offset":"16","symbol":"f1"}]""");
        ShouldBe(kprobe["user_stack_trace"], """[{"offset":"32","symbol":"f1","module":"/lib/x.so"}]""");

        writer = new ExportWriter(Options with { StackAddresses = true });
        writer.WriteHook(new HookEvent { Record = record, Request = Request, Symbols = symbols, KernelStack = [0x2000] }, hook);
        ShouldBe(Event(writer)["process_kprobe"]!["kernel_stack_trace"], """[{"address":"8192"}]""");

        writer = new ExportWriter(Options with { StackBuildIds = true });
        writer.WriteHook(new HookEvent { Record = record, Request = Request, Symbols = symbols, KernelStack = [0x1010], UserStack = [0x1020], Process = Curl(null) }, hook);
        // The message has no such field: the API leaves it out.
        var line = Encoding.UTF8.GetString(writer.Written);
        line.ShouldContain("""
            "kernel_stack_trace":[{"offset":"16","symbol":"f1"}]
            """);
        line.ShouldContain("""
            "user_stack_trace":[{"offset":"32","symbol":"f1","module":"/lib/x.so","build_id":"ab01"}]
            """);
        GetEventsResponse.Parser.ParseFrom(new EventTranscoder().Encode(writer.Written)).ProcessKprobe.UserStackTrace.ShouldHaveSingleItem().Module.ShouldBe("/lib/x.so");
    }

    [Theory]
    [InlineData(ValueKind.Int8, 0xff, """{"int_arg":-1}""")]
    [InlineData(ValueKind.Int16, 0xffff, """{"int_arg":-1}""")]
    [InlineData(ValueKind.Int32, 0xffff_fff0, """{"int_arg":-16}""")]
    [InlineData(ValueKind.UInt8, 0x1ff, """{"uint_arg":255}""")]
    [InlineData(ValueKind.UInt16, 0x1ffff, """{"uint_arg":65535}""")]
    [InlineData(ValueKind.UInt32, 0, """{"uint_arg":0}""")]
    [InlineData(ValueKind.Int64, -1, """{"long_arg":"-1"}""")]
    [InlineData(ValueKind.UInt64, -1, """{"size_arg":"18446744073709551615"}""")]
    [InlineData(ValueKind.BpfCommand, 0, """{"bpf_cmd_arg":"BPF_MAP_CREATE"}""")]
    [InlineData(ValueKind.BpfCommand, 999, """{"bpf_cmd_arg":999}""")]
    [InlineData(ValueKind.Capability, 21, """{"capability_arg":{"value":21,"name":"CAP_SYS_ADMIN"}}""")]
    [InlineData(ValueKind.CapabilitySet, 0x1f, """{"kernel_cap_t_arg":"000000000000001f"}""")]
    [InlineData(ValueKind.InheritableSet, 0, """{"cap_inheritable_arg":"0000000000000000"}""")]
    [InlineData(ValueKind.PermittedSet, 1, """{"cap_permitted_arg":"0000000000000001"}""")]
    [InlineData(ValueKind.EffectiveSet, -1, """{"cap_effective_arg":"ffffffffffffffff"}""")]
    public void Numbers_print_by_their_kind(ValueKind kind, long number, string expected) => ShouldBe(Argument(kind, new HookRecordBuilder().Number(number).Build()), expected);

    [Theory]
    [InlineData(ValueKind.Text, "a", ArgumentFlags.None, 0, """{"string_arg":"a"}""")]
    [InlineData(ValueKind.Text, "", ArgumentFlags.Null, 0, """{"string_arg":""}""")]
    [InlineData(ValueKind.Filename, "a", ArgumentFlags.None, 0, """{"string_arg":"a"}""")]
    [InlineData(ValueKind.DataLocation, "a", ArgumentFlags.None, 0, """{"string_arg":"a"}""")]
    [InlineData(ValueKind.Text, "", ArgumentFlags.Unread, 0, """{"error_arg":{"Message":"not readable"}}""")]
    [InlineData(ValueKind.Buffer, "abc", ArgumentFlags.None, 0, """{"bytes_arg":"YWJj"}""")]
    [InlineData(ValueKind.IoVector, "", ArgumentFlags.None, 0, """{"bytes_arg":""}""")]
    [InlineData(ValueKind.IoIterator, "abc", ArgumentFlags.Cut, 0, """{"truncated_bytes_arg":{"bytes_arg":"YWJj"}}""")]
    [InlineData(ValueKind.Path, "/a", ArgumentFlags.Unresolved, 0x41ed, """{"path_arg":{"path":"/a","flags":"unresolvedPathComponents","permission":"drwxr-xr-x"}}""")]
    [InlineData(ValueKind.Dentry, "/a", ArgumentFlags.None, 0, """{"path_arg":{"path":"/a"}}""")]
    [InlineData(ValueKind.File, "", ArgumentFlags.None, 0, """{"file_arg":{"path":"/"}}""")]
    [InlineData(ValueKind.File, "", ArgumentFlags.Null, 0, """{"error_arg":{"Message":"null pointer"}}""")]
    [InlineData(ValueKind.FileDescriptor, "/a", ArgumentFlags.None, 0x89ed, """{"file_arg":{"path":"/a","permission":"-rwsr-xr-x"}}""")]
    [InlineData(ValueKind.Kiocb, "/a", ArgumentFlags.None, 0x43ff, """{"file_arg":{"path":"/a","permission":"drwxrwxrwt"}}""")]
    [InlineData(ValueKind.BinaryProgram, "/a", ArgumentFlags.None, 0x85a4, """{"linux_binprm_arg":{"path":"/a","permission":"-rw-r-Sr--"}}""")]
    public void Texts_and_paths_print_by_their_kind(ValueKind kind, string text, ArgumentFlags flags, int mode, string expected) =>
        ShouldBe(Argument(kind, new HookRecordBuilder().Text(text, flags, (ushort)mode).Build()), expected);

    [Fact]
    public void Cut_buffer_tells_its_size_when_that_was_captured()
    {
        var hook = new ExportHook(ExportSection.Kprobe, "f", "p", [new ExportValue(ValueKind.Buffer, Size: 1), new ExportValue(ValueKind.UInt64)]);
        var line = Hook(hook, new HookRecordBuilder().Text("abc", ArgumentFlags.Cut).Number(5000L).Build());
        ShouldBe(line["process_kprobe"]!["args"]![0], """{"truncated_bytes_arg":{"bytes_arg":"YWJj","orig_size":"5000"}}""");
    }

    [Fact]
    public void Sockets_print_by_family()
    {
        var v4 = HookRecordBuilder.Socket(2, IPEndPoint.Parse("10.0.0.1:4000"), IPEndPoint.Parse("1.2.3.255:443"));
        ShouldBe(Argument(ValueKind.Sock, new HookRecordBuilder().Bytes(v4).Build()), """
            {"sock_arg":{"family":"AF_INET","type":"SOCK_STREAM","protocol":"IPPROTO_TCP","saddr":"10.0.0.1","daddr":"1.2.3.255","sport":4000,"dport":443,
             "cookie":"18446612686384088416","state":"TCP_SYN_SENT"}}
            """);
        var v6 = HookRecordBuilder.Socket(10, IPEndPoint.Parse("[::]:0"), IPEndPoint.Parse("[2001:db8::1]:53"), 2, 17, 7);
        ShouldBe(Argument(ValueKind.Socket, new HookRecordBuilder().Bytes(v6).Build()), """
            {"sock_arg":{"family":"AF_INET6","type":"SOCK_DGRAM","protocol":"IPPROTO_UDP","saddr":"::","daddr":"2001:db8::1","dport":53,
             "cookie":"18446612686384088416","state":"TCP_CLOSE"}}
            """);
        var unix = HookRecordBuilder.Socket(1, IPEndPoint.Parse("0.0.0.0:0"), IPEndPoint.Parse("0.0.0.0:0"), 1, 0, 99);
        ShouldBe(Argument(ValueKind.Sock, new HookRecordBuilder().Bytes(unix).Build()), """
            {"sock_arg":{"family":"AF_UNIX","type":"SOCK_STREAM","protocol":"IPPROTO_IP","cookie":"18446612686384088416","state":"99"}}
            """);
        ShouldBe(Argument(ValueKind.Sock, new HookRecordBuilder().Bytes(v4[..79]).Build()), """{"error_arg":{"Message":"malformed"}}""");
    }

    [Fact]
    public void Socket_addresses_print()
    {
        var address = new byte[24];
        BinaryPrimitives.WriteUInt16LittleEndian(address, 2);
        BinaryPrimitives.WriteUInt16LittleEndian(address.AsSpan(2), 8080);
        IPAddress.Loopback.GetAddressBytes().CopyTo(address, 8);
        ShouldBe(Argument(ValueKind.SocketAddress, new HookRecordBuilder().Bytes(address).Build()), """{"sockaddr_arg":{"family":"AF_INET","addr":"127.0.0.1","port":8080}}""");
        byte[] unix = [1, 0, 0, 0, 6, 0, 0, 0, .. "/run/x"u8];
        ShouldBe(Argument(ValueKind.UnixAddress, new HookRecordBuilder().Bytes(unix).Build()), """{"sockaddrun_arg":{"family":"AF_UNIX","path":"/run/x"}}""");
        unix[2] = 1;
        ShouldBe(Argument(ValueKind.UnixAddress, new HookRecordBuilder().Bytes(unix).Build()), """{"sockaddrun_arg":{"family":"AF_UNIX","path":"@/run/x"}}""");
        unix[4] = 7;
        ShouldBe(Argument(ValueKind.UnixAddress, new HookRecordBuilder().Bytes(unix).Build()), """{"error_arg":{"Message":"malformed"}}""");
    }

    [Fact]
    public void Packets_print()
    {
        var packet = new byte[72];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, 5);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(4), 60);
        IPAddress.Parse("10.0.0.1").GetAddressBytes().CopyTo(packet, 16);
        IPAddress.Parse("10.0.0.2").GetAddressBytes().CopyTo(packet, 32);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(48), 53);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(50), 1025);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(52), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(packet.AsSpan(54), 17);
        ShouldBe(Argument(ValueKind.Skb, new HookRecordBuilder().Bytes(packet).Build()), """
            {"skb_arg":{"hash":5,"len":60,"saddr":"10.0.0.1","daddr":"10.0.0.2","sport":53,"dport":1025,"proto":17,"protocol":"IPPROTO_UDP","family":"AF_INET"}}
            """);
    }

    [Fact]
    public void Objects_of_BPF_and_perf_print()
    {
        ShouldBe(Argument(ValueKind.BpfAttributes, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([5, 12], "probe")).Build()),
            """{"bpf_attr_arg":{"ProgType":"BPF_PROG_TYPE_TRACEPOINT","InsnCnt":12,"ProgName":"probe"}}""");
        ShouldBe(Argument(ValueKind.BpfProgram, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([29, 0], "")).Build()), """{"bpf_prog_arg":{"ProgType":"BPF_PROG_TYPE_LSM"}}""");
        ShouldBe(Argument(ValueKind.BpfMap, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([27, 0, 0, 4096], "events")).Build()),
            """{"bpf_map_arg":{"MapType":"BPF_MAP_TYPE_RINGBUF","MaxEntries":4096,"MapName":"events"}}""");
        ShouldBe(Argument(ValueKind.PerfEvent, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([2, 0, 7, 0, 16, 0], "do_exit", 64)).Build()),
            """{"perf_event_arg":{"KprobeFunc":"do_exit","Type":"PERF_TYPE_TRACEPOINT","Config":"7","ProbeOffset":"16"}}""");
    }

    [Fact]
    public void Other_objects_print()
    {
        ShouldBe(Argument(ValueKind.UserNamespace, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([4026531837, 0, 0, 0])).Build()),
            """{"user_ns_arg":{"level":0,"uid":0,"gid":0,"ns":{"inum":4026531837,"is_host":true}}}""");
        ShouldBe(Argument(ValueKind.LoadInfo, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([0x3000, 0], "evil", 64)).Build()),
            """{"module_arg":{"name":"evil","signature_ok":false,"tainted":["TAINT_OUT_OF_TREE_MODULE","TAINT_UNSIGNED_MODULE"]}}""");
        ShouldBe(Argument(ValueKind.Module, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([0, 1], "ext4", 64)).Build()), """{"module_arg":{"name":"ext4"}}""");
        ShouldBe(Argument(ValueKind.NetworkDevice, new HookRecordBuilder().Bytes(HookRecordBuilder.Object([2, 0], "eth0")).Build()), """{"string_arg":"eth0"}""");
        uint[] credentials = [1, 2, 3, 4, 5, 6, 7, 8, 0, 77, 1, 1000, 1 << 21, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        ShouldBe(Argument(ValueKind.Credentials, new HookRecordBuilder().Bytes(HookRecordBuilder.Object(credentials)).Build()), """
            {"process_credentials_arg":{"uid":1,"gid":2,"euid":3,"egid":4,"suid":5,"sgid":6,"fsuid":7,"fsgid":8,"caps":{"permitted":["CAP_SYS_ADMIN"]},
             "user_ns":{"level":1,"uid":1000,"ns":{"inum":77}}}}
            """);
    }

    [Fact]
    public void Every_kind_prints_something_for_any_bytes()
    {
        var random = new Random(7);
        foreach (var kind in Enum.GetValues<ValueKind>())
        {
            if (kind == ValueKind.None) continue;
            for (var i = 0; i < 200; i++)
            {
                var bytes = new byte[random.Next(0, 120)];
                random.NextBytes(bytes);
                Argument(kind, new HookRecordBuilder().Bytes(bytes, (ArgumentFlags)random.Next(32), (ushort)random.Next(0x10000)).Build()).AsObject().Count.ShouldBe(1);
            }
        }
    }

    sealed class Symbols : IStackSymbols
    {
        public bool TryResolve(ulong address, ProcessInfo? process, out StackSymbol symbol)
        {
            symbol = new StackSymbol("f1", process is null ? "" : "/lib/x.so", address - 0x1000) { BuildId = process is null ? null : "ab01" };
            return address < 0x2000;
        }
    }
}
