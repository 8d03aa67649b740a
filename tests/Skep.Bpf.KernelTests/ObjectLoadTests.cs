using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Shouldly;
using Skep.Bpf.Instructions;
using Skep.Bpf.Interop;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class ObjectLoadTests
{
    internal static ObjectSpec Fixture(string name) => ObjectSpec.FromFile(Path.Combine(AppContext.BaseDirectory, "fixtures", name + ".bpf.o"));

    static ObjectSpec Only(ObjectSpec spec, string program)
    {
        foreach (var other in spec.Programs.Values) other.AutoLoad = other.Name == program;
        return spec;
    }

    [KernelFact]
    public void Global_variables_are_set_before_the_load_and_live_after_it()
    {
        var spec = Fixture("load_globals");
        spec.Variables["step"].Set(30u);
        spec.Variables["counter"].Set(100ul);
        using var loaded = BpfObject.Load(spec);

        loaded.Programs["change_globals"].TestRun().ReturnValue.ShouldBe(130u);

        var variables = loaded.Variables;
        variables["counter"].Get<ulong>().ShouldBe(130ul);
        variables["copied"].Get<uint>().ShouldBe(130u + 'b');
        variables["own"].Get<ulong>().ShouldBe(14ul);
        variables["step"].IsReadOnly.ShouldBeTrue();
        Should.Throw<BpfException>(() => variables["step"].Set(1u)).Message.ShouldContain("step");
        var pairs = new byte[24];
        variables["pairs"].CopyTo(pairs);
        BinaryPrimitives.ReadUInt32LittleEndian(pairs.AsSpan(20)).ShouldBe(11u);

        variables["counter"].Reference<ulong>() = 1000;
        loaded.Programs["change_globals"].TestRun().ReturnValue.ShouldBe(1030u);
        variables["pairs"].CopyTo(pairs);
        BinaryPrimitives.ReadUInt32LittleEndian(pairs.AsSpan(20)).ShouldBe(28u - 4);
    }

    [KernelFact]
    public void The_spec_is_unchanged_by_a_load_and_can_be_loaded_again()
    {
        var spec = Fixture("load_globals");
        using var first = BpfObject.Load(spec);
        first.Programs["change_globals"].TestRun();
        using var second = BpfObject.Load(spec);
        second.Variables["counter"].Get<ulong>().ShouldBe(5ul);
        second.Programs["change_globals"].TestRun().ReturnValue.ShouldBe(15u);
        first.Variables["counter"].Get<ulong>().ShouldBe(15ul);
    }

    [KernelFact]
    public void Configuration_values_and_kernel_symbols_reach_the_program()
    {
        const string overrides = "CONFIG_BPF=y\nCONFIG_BPF_SYSCALL=y\nCONFIG_HZ=333\nCONFIG_NET=m\nCONFIG_DEFAULT_HOSTNAME=\"skep hive\"\n";
        using var loaded = BpfObject.Load(Fixture("load_externs"), new LoadOptions { KernelConfiguration = overrides });
        loaded.Programs["read_externs"].TestRun(new TestRunOptions { Context = new byte[16] });

        var variables = loaded.Variables;
        variables["version"].Get<uint>().ShouldBe(KernelVersionCode.Running);
        variables["hz"].Get<uint>().ShouldBe(333u);
        variables["net"].Get<uint>().ShouldBe(2u);
        variables["has_bpf"].Get<byte>().ShouldBe((byte)1);
        variables["bpf_letter"].Get<byte>().ShouldBe((byte)'y');
        variables["has_wrapper"].Get<byte>().ShouldBe((byte)1);
        var hostname = new byte[20];
        variables["hostname"].CopyTo(hostname);
        Encoding.ASCII.GetString(hostname).TrimEnd('\0').ShouldBe("skep hive");
        variables["absent"].Get<ulong>().ShouldBe(0ul);
        variables["missing_symbols"].Get<uint>().ShouldBe(3u);
        variables["function_address"].Get<ulong>().ShouldBe(KernelSymbols.Find(["vfs_read"])["vfs_read"]);
    }

    [KernelFact]
    public void The_kernels_own_configuration_is_read_where_it_is_published()
    {
        var values = KernelConfiguration.Read(["CONFIG_BPF_SYSCALL", "CONFIG_NO_SUCH_OPTION"], null);
        var isPublished = File.Exists("/proc/config.gz") || File.Exists($"/boot/config-{KernelVersion.Release}");
        values.ShouldBe(isPublished ? new Dictionary<string, string> { ["CONFIG_BPF_SYSCALL"] = "y" } : []);
    }

    [KernelFact]
    public void The_types_of_every_fixture_are_accepted_as_they_are_and_as_older_kernels_know_them()
    {
        var refused = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "fixtures"), "*.bpf.o"))
        {
            ObjectSpec spec;
            try
            {
                spec = ObjectSpec.FromFile(file);
            }
            catch (BpfFormatException)
            {
                continue;
            }
            if (spec.Btf is null) continue;
            var types = new ObjectTypes(spec);
            types.OffsetOf("a line of generated code").ShouldBeGreaterThan(0u);
            foreach (var (name, blob) in new[] { ("new", types.ToBlob()), ("old", types.ToOldBlob()) })
            {
                var fd = TypeLoader.Load(blob, out var log);
                if (fd < 0) refused.Add($"{Path.GetFileName(file)} {name}: {log}");
                else new FileDescriptor(fd).Dispose();
            }
        }
        refused.ShouldBeEmpty();
    }

    [KernelFact(KernelFeature.Arena)]
    public void An_arena_is_mapped_before_its_programs_are_loaded()
    {
        var arena = new MapSpec { Name = "arena", Type = MapType.Arena, MaxEntries = 4, Flags = MapFlags.MemoryMappable, Data = [1, 2, 3, 4] };
        var spec = new ObjectSpec { Name = "with_arena", License = "GPL" };
        spec.Maps.Add(arena.Name, arena);
        var entry = new FunctionSpec
        {
            Name = "holds_arena",
            Instructions =
            [
                new(OpCode.LoadImmediate64, Register.R1, Register.R0), new(0, Register.R0, Register.R0),
                BadProgram.Move(Register.R0, 0), BadProgram.Return,
            ],
            Relocations = [new(0, RelocationKind.Map, arena.Name)],
        };
        spec.Functions.Add(entry.Name, entry);
        spec.Programs.Add(entry.Name, new ProgramSpec { Entry = entry, Type = ProgramType.Syscall, Flags = ProgramFlags.Sleepable });
        using var loaded = BpfObject.Load(spec);
        loaded.MemoryOf(loaded.Maps["arena"])!.GetSpan()[..4].ToArray().ShouldBe([1, 2, 3, 4]);
    }

    [KernelFact]
    public void A_section_that_names_no_program_type_is_refused_by_name() =>
        Should.Throw<BpfException>(() => BpfObject.Load(Only(Fixture("sections"), "unknown"))).Message.ShouldContain("beekeeping");

    [KernelFact]
    public void A_kernel_variable_is_read_on_this_cpu_or_its_missing_address_is_explained()
    {
        var spec = Only(Fixture("load_externs"), "read_variable");
        if (KernelSymbols.Exists("bpf_prog_active"))
        {
            using var loaded = BpfObject.Load(spec);
            loaded.Programs["read_variable"].TestRun();
            loaded.Variables["active"].Get<uint>().ShouldNotBe(1000u);
            return;
        }
        var error = Should.Throw<VerifierException>(() => BpfObject.Load(spec));
        error.Kind.ShouldBe(VerifierFailureKind.MissingKernelVariable);
        error.Message.ShouldContain("bpf_prog_active");
        error.Remedy!.ShouldContain("CONFIG_KALLSYMS_ALL");
    }

    [KernelFact(KernelFeature.TaskKfuncs)]
    public void Kernel_functions_are_called_by_the_running_kernels_id()
    {
        var spec = Fixture("load_externs");
        spec.Programs["call_kernel_functions"].AutoLoad = true;
        using var loaded = BpfObject.Load(spec);
        loaded.Programs["call_kernel_functions"].GetInfo().Name.ShouldBe("call_kernel_functions");
    }

    [KernelFact]
    public void A_missing_symbol_or_attach_target_is_named_with_object_and_program()
    {
        (string Program, string[] Words)[] cases =
        [
            ("use_symbol", ["load_missing", "kernel symbol 'skep_no_such_symbol'"]),
            ("use_variable", ["load_missing", "kernel variable 'skep_no_such_variable'"]),
            ("use_function", ["load_missing", "kernel function 'skep_no_such_function'"]),
            ("no_tracepoint", ["load_missing", "no_tracepoint", "tracepoint 'skep_no_such_tracepoint'"]),
            ("no_iterator", ["load_missing", "no_iterator", "iterator 'skep_no_such_iterator'"]),
        ];
        foreach (var (program, words) in cases)
        {
            var error = Should.Throw<BpfException>(() => BpfObject.Load(Only(Fixture("load_missing"), program)));
            foreach (var word in words) error.Message.ShouldContain(word);
        }
    }

    [KernelFact]
    public void A_call_of_a_missing_weak_function_is_named_when_the_verifier_reaches_it()
    {
        var error = Should.Throw<VerifierException>(() => BpfObject.Load(Only(Fixture("load_externs"), "call_missing")));
        error.Kind.ShouldBe(VerifierFailureKind.MissingKernelFunction);
        error.Message.ShouldContain("kernel function 'no_such_function'");
        error.SourceLine!.Text.ShouldContain("no_such_function()");
    }

    [KernelFact]
    public void Relocated_reads_find_the_current_task()
    {
        using var loaded = BpfObject.Load(Fixture("load_core"));
        loaded.Programs["read_task"].TestRun();

        var variables = loaded.Variables;
        variables["tgid"].Get<uint>().ShouldBe((uint)Environment.ProcessId);
        var stat = File.ReadAllText("/proc/self/stat");
        variables["parent_tgid"].Get<uint>().ShouldBe(uint.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]));
        variables["flavoured_pid"].Get<uint>().ShouldNotBe(0u);
        variables["has_pid"].Get<uint>().ShouldBe(1u);
        variables["has_missing"].Get<uint>().ShouldBe(0u);
        variables["has_type"].Get<uint>().ShouldBe(0u);
        variables["guarded"].Get<int>().ShouldBe(-1);
        Btf.Kernel.TryFind("task_struct", BtfKind.Struct, out var task).ShouldBeTrue();
        variables["size_of_task"].Get<uint>().ShouldBe(task.Size);
    }

    [KernelFact]
    public void An_unguarded_read_of_a_missing_field_names_the_field()
    {
        var error = Should.Throw<VerifierException>(() => BpfObject.Load(Only(Fixture("load_core"), "read_missing_field")));
        error.Kind.ShouldBe(VerifierFailureKind.PoisonedCoreRelocation);
        error.Message.ShouldContain("skep_no_such_field");
        error.Message.ShouldContain("read_missing_field");
        error.SourceLine!.File.ShouldEndWith("load_core.bpf.c");

        var value = Should.Throw<VerifierException>(() => BpfObject.Load(Only(Fixture("load_core"), "read_missing_value")));
        value.Kind.ShouldBe(VerifierFailureKind.PoisonedCoreRelocation);
        value.Message.ShouldContain("skep_cmd");
    }

    [KernelFact]
    public void Subprograms_callbacks_tail_calls_and_maps_of_maps_work_from_the_object()
    {
        using var loaded = BpfObject.Load(Fixture("load_functions"));

        loaded.Programs["count_up"].TestRun().ReturnValue.ShouldBe(0u);
        loaded.Variables["sum"].Get<ulong>().ShouldBe(100ul);

        loaded.Programs["jump"].TestRun().ReturnValue.ShouldBe(1u);
        loaded.Variables["reached"].Get<ulong>().ShouldBe(1ul);
        loaded.Programs["jump_filled"].TestRun().ReturnValue.ShouldBe(7u);
        loaded.Variables["reached"].Get<ulong>().ShouldBe(102ul);

        loaded.Programs["look_inside"].TestRun().ReturnValue.ShouldBe(0u);
        var value = new byte[8];
        loaded.Maps["inner_b"].TryLookup([1, 0, 0, 0], value).ShouldBeTrue();
        value[0].ShouldBe((byte)42);
    }

    [KernelFact]
    public void A_refused_program_is_reported_with_its_line_of_C()
    {
        var error = Should.Throw<VerifierException>(() => BpfObject.Load(Only(Fixture("load_bad"), "null_in_subprogram")));
        error.Kind.ShouldBe(VerifierFailureKind.PossibleNull);
        error.SourceLine!.File.ShouldEndWith("load_bad.bpf.c");
        error.SourceLine.Text.ShouldContain("the line at fault");
        error.Registers["R0"].ShouldContain("or_null");
        error.Message.ShouldContain("null_in_subprogram");

        Should.Throw<VerifierException>(() => BpfObject.Load(Only(Fixture("load_bad"), "endless"))).Kind
            .ShouldBeOneOf(VerifierFailureKind.TooComplex, VerifierFailureKind.InfiniteLoop);
    }

    [KernelFact]
    public void A_log_is_kept_of_a_successful_load_when_it_is_asked_for()
    {
        var options = new LoadOptions { LogLevel = VerifierLogLevel.Verbose | VerifierLogLevel.Statistics };
        using var loaded = BpfObject.Load(Fixture("load_core"), options);
        var log = loaded.Programs["read_task"].VerifierLog!;
        log.Statistics!.ProcessedInstructions.ShouldBeGreaterThan(10);
        log.Lines().ShouldContain(line => line.Kind == VerifierLogLineKind.Source && line.Text.Contains("real_parent", StringComparison.Ordinal));

        using var brief = BpfObject.Load(Fixture("load_core"), new LoadOptions { LogLevel = VerifierLogLevel.Statistics });
        brief.Programs["read_task"].VerifierLog!.Statistics!.Limit.ShouldBe(1_000_000);
        brief.Programs["read_task"].VerifierLog!.Text.Length.ShouldBeLessThan(1000);
    }

    [KernelFact]
    public void Programs_that_need_a_trampoline_load_or_say_that_this_kernel_refuses_them()
    {
        var refused = KernelFeatures.WhyMissing(KernelFeature.Trampoline) is not null;
        foreach (var program in new[] { "on_function_entry", "on_file_open" })
        {
            if (!refused)
            {
                using var loaded = BpfObject.Load(Only(Fixture("load_missing"), program));
                continue;
            }
            var error = Should.Throw<BpfSyscallException>(() => BpfObject.Load(Only(Fixture("load_missing"), program)));
            error.ErrorName.ShouldBe("EPERM");
            error.Explanation!.ShouldContain("refuses trampolines");
            error.Message.ShouldNotContain("memlock", Case.Insensitive);
        }
    }

    [KernelFact(KernelFeature.StructOps)]
    public void A_struct_ops_instance_is_laid_out_for_the_kernel_and_registers()
    {
        using var loaded = BpfObject.Load(Fixture("load_structops"));
        loaded.Programs.Keys.ShouldBe(["fixed_ssthresh", "fixed_undo_cwnd", "fixed_cong_avoid"], ignoreOrder: true);
        using (loaded.AttachAll())
        {
            File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").ShouldContain("skep_fixed");
            SendOverLoopback("skep_fixed");
            loaded.Variables["calls"].Get<ulong>().ShouldBeGreaterThan(0ul);
        }
        File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").ShouldNotContain("skep_fixed");
    }

    static void SendOverLoopback(string congestionControl)
    {
        const int IPPROTO_TCP = 6, TCP_CONGESTION = 13;
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.SetRawSocketOption(IPPROTO_TCP, TCP_CONGESTION, Encoding.ASCII.GetBytes(congestionControl));
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        var block = new byte[64 << 10];
        for (var i = 0; i < 16; i++)
        {
            client.Send(block);
            for (var received = 0; received < block.Length;) received += server.Receive(block);
        }
    }

    [KernelFact]
    public void AttachAll_attaches_what_its_sections_say_and_takes_it_off_again()
    {
        var spec = Fixture("minimal");
        spec.Variables["only_tgid"].Set((uint)Environment.ProcessId);
        using var loaded = BpfObject.Load(spec);
        using (var links = loaded.AttachAll())
        {
            links.Links.Count.ShouldBe(1);
            for (var i = 0; i < 5; i++) _ = CallGetPid();
            loaded.Variables["seen"].Get<ulong>().ShouldBeGreaterThanOrEqualTo(5ul);
        }
        var seen = loaded.Variables["seen"].Get<ulong>();
        _ = CallGetPid();
        loaded.Variables["seen"].Get<ulong>().ShouldBe(seen);
    }

    [DllImport("libc", EntryPoint = "getpid")]
    static extern int CallGetPid();

    [KernelFact]
    public void A_function_of_another_program_is_replaced_or_the_refusal_is_explained()
    {
        using var target = BpfObject.Load(Only(Fixture("load_functions"), "count_up"));
        var spec = Fixture("load_replace");
        spec.Programs["replaced"].TargetProgram = target.Programs["count_up"];
        if (KernelFeatures.WhyMissing(KernelFeature.Freplace) is not null)
        {
            var error = Should.Throw<BpfSyscallException>(() => BpfObject.Load(spec));
            error.ErrorName.ShouldBe("EPERM");
            error.Explanation!.ShouldContain("refuses trampolines");
        }
        else
        {
            using var loaded = BpfObject.Load(spec);
            using (loaded.AttachAll())
            {
                target.Programs["count_up"].TestRun();
                target.Variables["sum"].Get<ulong>().ShouldBe(10_000ul);
            }
            target.Programs["count_up"].TestRun();
            target.Variables["sum"].Get<ulong>().ShouldBe(100ul);
        }

        var unknown = Fixture("load_replace");
        unknown.Programs["replaced"].TargetProgram = target.Programs["count_up"];
        unknown.Programs["replaced"].AttachTarget = "no_such_function";
        Should.Throw<BpfException>(() => BpfObject.Load(unknown)).Message.ShouldContain("no function 'no_such_function'");
        Should.Throw<BpfException>(() => BpfObject.Load(Fixture("load_replace"))).Message.ShouldContain("TargetProgram");
    }

    [KernelFact]
    public void A_map_pinned_by_name_is_taken_over_when_it_fits_and_refused_when_not()
    {
        BpfFileSystem.EnsureMounted();
        var directory = $"{BpfFileSystem.DefaultPath}/skep-load-{Environment.ProcessId}";
        Directory.CreateDirectory(directory);
        try
        {
            PinTwice(new LoadOptions { PinRoot = directory });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    static void PinTwice(LoadOptions options)
    {
        ObjectSpec Pinned()
        {
            var spec = Only(Fixture("load_bad"), "");
            spec.Maps["table"].Pinning = PinMode.ByName;
            return spec;
        }
        using var first = BpfObject.Load(Pinned(), options);
        first.Maps["table"].Update([1, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0]);
        using var second = BpfObject.Load(Pinned(), options);
        var value = new byte[8];
        second.Maps["table"].TryLookup([1, 0, 0, 0], value).ShouldBeTrue();
        value[0].ShouldBe((byte)5);

        var larger = Pinned();
        larger.Maps["table"].MaxEntries = 99;
        var error = Should.Throw<BpfException>(() => BpfObject.Load(larger, options));
        error.Message.ShouldContain("capacity is 8 instead of 99");
        error.Message.ShouldContain("table");
    }

    [KernelFact]
    public void A_replacement_map_is_used_and_stays_the_callers()
    {
        using var mine = BpfMap.Create(new MapSpec { Name = "mine", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 4 });
        var options = new LoadOptions { ReplacementMaps = new Dictionary<string, BpfMap> { ["inner_a"] = mine } };
        using (var loaded = BpfObject.Load(Only(Fixture("load_functions"), "look_inside"), options))
        {
            loaded.Maps["inner_a"].GetInfo().Id.ShouldBe(mine.GetInfo().Id);
        }
        mine.Update([0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]);
    }
}
