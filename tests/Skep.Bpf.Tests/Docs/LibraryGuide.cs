using System.Runtime.InteropServices;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Bpf.Tests.Docs;

/// <summary>
/// Every C# snippet of docs/library.md as it stands there, so that it compiles; <see cref="LibraryGuideTests"/> checks that none is missing.
/// Nothing here is run.
/// </summary>
static class LibraryGuide
{
    public static void Load_and_attach()
    {
        using var program = BpfObject.LoadFile("exectrace.bpf.o");
        using var link = program.Programs["on_execve"].Attach();
    }

    public static void Attach_with_options(BpfObject loaded)
    {
        using var link = loaded.Programs["count"].Attach(new AutoAttachOptions { InterfaceIndex = 2 });          // XDP, tc
        using var hook = loaded.Programs["connect4"].Attach(new AutoAttachOptions { CgroupPath = "/sys/fs/cgroup/x" });
    }

    public static void Edit_before_load()
    {
        var spec = ObjectSpec.FromFile("tool.bpf.o");
        spec.Programs["optional"].AutoLoad = false;
        spec.Maps["table"].MaxEntries = 1 << 20;
        using var loaded = BpfObject.Load(spec);
    }

    public static void Global_variables()
    {
        var spec = ObjectSpec.FromFile("tool.bpf.o");
        spec.Variables["target_pid"].Set(Environment.ProcessId);
        using var loaded = BpfObject.Load(spec);
        ulong lost = loaded.Variables["lost"].Get<ulong>();
        loaded.Variables["enabled"].Set((byte)1);
    }

    public static void Typed_maps(BpfObject loaded)
    {
        var counters = new BpfMap<Key, Counter>(loaded.Maps["counters"]);
        counters[new Key { Pid = 1 }] = new Counter { Bytes = 60, Packets = 1 };
        if (counters.TryLookup(new Key { Pid = 1 }, out var value)) Console.WriteLine(value.Bytes);
        foreach (var (key, counter) in counters) Console.WriteLine($"{key.Pid} {counter.Packets}");
    }

    public static void Batches(BpfObject loaded)
    {
        using var batches = loaded.Maps["counters"].ReadBatches(batchSize: 1024);
        while (batches.Read()) Process(batches.Keys, batches.Values, batches.Count);
    }

    public static void Ring_buffers(BpfObject loaded, CancellationToken cancellation)
    {
        using var reader = new RingBufferReader();
        reader.Add(loaded.Maps["events"], record =>
        {
            ref readonly var e = ref MemoryMarshal.AsRef<Event>(record);
            Console.WriteLine(e.Pid);
        }, losses: () => (long)loaded.Variables["lost"].Get<ulong>());
        reader.Run(TimeSpan.FromMilliseconds(100), cancellation);
    }

    public static void Perf_buffers(BpfObject loaded, bool running)
    {
        using var perf = new PerfBufferReader(loaded.Maps["events"]);
        while (running) perf.Poll((cpu, record) => Print(record), TimeSpan.FromSeconds(1));
        Console.WriteLine($"{perf.Statistics.Lost} lost");
    }

    public static void Code_builder()
    {
        var build = new ObjectBuilder("count");
        build.AddMap(new MapSpec { Name = "counts", Type = MapType.Hash, KeySize = 4, ValueSize = 8, MaxEntries = 1024 });
        build.AddProgram("tracepoint/sched/sched_process_exec", "on_exec", code =>
        {
            var pid = code.Call(HelperFunction.GetCurrentPidTgid) >> 32;
            using (code.Lookup("counts", pid, out var count)) code.AtomicAdd(ScalarType.U64, count, 0, 1);
            using (code.Else()) code.Update("counts", pid, 1);
        });
        using var loaded = BpfObject.Load(build.Build());
        using var link = loaded.Programs["on_exec"].Attach();
    }

    public static void Assembler_()
    {
        var a = new Assembler("allow_large");
        var keep = a.NewLabel();
        a.Load(AccessSize.Word, Register.R0, Register.R1, 0)
         .JumpIf(Register.R0, Comparison.GreaterOrEqual, 64, keep)
         .Move(Register.R0, 0)
         .Bind(keep)
         .Exit();
        FunctionSpec function = a.Build();

        var spec = new ObjectSpec { Name = "generated", License = "GPL" };
        spec.Functions.Add(function.Name, function);
        spec.Programs.Add(function.Name, new ProgramSpec { Entry = function, Type = ProgramType.SocketFilter });
        using var loaded = BpfObject.Load(spec);
    }

    public static void Test_run(BpfObject loaded)
    {
        TestRunResult result = loaded.Programs["allow_large"].TestRun(new byte[64]);
        Console.WriteLine($"{result.ReturnValue} in {result.NanosecondsPerRun} ns");
    }

    public static void Linking(ObjectSpec generated)
    {
        var spec = new ObjectLinker("joined")
            .Add(ObjectSpec.FromFile("common.bpf.o"))
            .Add(generated)
            .Link();
        using var loaded = BpfObject.Load(spec);
    }

    public static void Uprobes(BpfProgram program)
    {
        using var probe = UprobeLink.Attach(program, "/usr/lib/x86_64-linux-gnu/libssl.so.3", "SSL_write");
        Console.WriteLine(probe.Placement);
        using var usdt = UsdtLink.Attach(program, "/usr/bin/python3.11", "python", "function__entry");
    }

    public static void Iterators(BpfObject loaded)
    {
        using var iterator = IteratorLink.Attach(loaded.Programs["dump_task"], new IteratorOptions { ProcessId = 1234 });
        Console.Write(iterator.ReadToEnd());
    }

    public static void Networking(BpfProgram program, BpfProgram newProgram, BpfProgram filter, int interfaceIndex)
    {
        using var xdp = XdpLink.Attach(program, interfaceIndex, new XdpOptions { Mode = XdpMode.Generic });
        using var ingress = TcxLink.Attach(filter, interfaceIndex, TcDirection.Ingress);        // Linux 6.6
        using var classic = ClassicTcLink.Attach(filter, interfaceIndex, TcDirection.Egress);   // older kernels, by netlink
        xdp.Update(newProgram);                                                                 // no gap
    }

    public static void Pinning(BpfProgram program, BpfMap map, BpfLink link)
    {
        BpfFileSystem.EnsureMounted();
        program.Pin("/sys/fs/bpf/tool/program");
        map.Pin("/sys/fs/bpf/tool/map");
        link.Pin("/sys/fs/bpf/tool/link");      // stays attached when this process ends
        using var again = BpfLink.FromPin("/sys/fs/bpf/tool/link");
        BpfFileSystem.Unpin("/sys/fs/bpf/tool/link");
    }

    public static void Enumeration()
    {
        foreach (var id in ObjectIds.Programs)
        {
            if (!BpfProgram.TryFromId(id, out var program)) continue;   // gone meanwhile
            using (program) Console.WriteLine($"{id} {program.Name} {program.GetInfo().RunCount}");
        }
    }

    public static void Token_request()
    {
        using var request = BpfTokenRequest.Open();
        SendToParent(request.ProcessId, request.Descriptor);                      // and wait for its answer
        using var token = request.Complete();
        using var loaded = BpfObject.LoadFile("tool.bpf.o", new LoadOptions { Token = token });
    }

    public static void Token_grant(int processId, int descriptor)
    {
        BpfTokenRequest.Grant(processId, descriptor, new BpfTokenGrant { Programs = [ProgramType.Xdp], Maps = [MapType.Hash, MapType.Array] });
    }

    public static void Feature_answers()
    {
        if (!Features.Trampolines.IsPresent) Console.WriteLine(Features.Trampolines.Reason);
        Features.Program(ProgramType.Netfilter);
        Features.Map(MapType.Arena);
        Features.Attach(AttachFeature.UprobeMulti);
        Features.Helper(ProgramType.Xdp, HelperFunction.FibLookup);
        Features.Kfunc("bpf_task_from_pid", ProgramType.Tracing);
        Features.Kernel(BpfFeature.BoundedLoops);
    }

    public static void Failures()
    {
        try
        {
            using var loaded = BpfObject.LoadFile("tool.bpf.o");
        }
        catch (VerifierException error)
        {
            Console.WriteLine(error.Message);       // cause, remedy, source line, instruction, registers
            Console.WriteLine(error.Kind);          // for code: MapValueBounds, TooComplex, …
            Console.WriteLine(error.Log);           // the verifier's own words
        }
        catch (BpfSyscallException error)
        {
            Console.WriteLine($"{error.Operation}: {error.ErrorName}: {error.Explanation} ({error.Remedy})");
        }
        catch (BpfFormatException error)
        {
            Console.WriteLine(error.Message);       // which object, section and symbol is malformed
        }
    }

    struct Key { public uint Pid; }

    struct Counter { public ulong Bytes, Packets; }

    struct Event { public uint Pid; }

    static void Process<TKey, TValue>(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values, int count) => throw new NotSupportedException($"{keys.Length} {values.Length} {count}");

    static void Print(ReadOnlySpan<byte> record) => throw new NotSupportedException($"{record.Length}");

    static void SendToParent(int processId, int descriptor) => throw new NotSupportedException($"{processId} {descriptor}");
}
