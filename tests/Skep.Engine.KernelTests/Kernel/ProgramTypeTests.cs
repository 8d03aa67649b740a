using Shouldly;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Engine.Compilation;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>All captures at once, in every type of program that a hook may become, with what generated code may need of the stack.</summary>
public class ProgramTypeTests
{
    const int GeneratedStack = 128;

    static readonly string[] s_captures =
    [
        "text", "buffer", "iovec", "iov_iter", "path", "file", "dentry", "fd", "kiocb", "binprm", "filename", "sock", "socket", "sockaddr", "sockaddr_un", "skb",
        "cred", "user_namespace", "capability", "bpf_attr", "bpf_map", "bpf_prog", "perf_event", "load_info", "module", "net_device",
    ];

    [KernelFact]
    public void Raw_tracepoints_load() => Load("raw_tp/sys_enter");

    [KernelFact]
    public void Typed_tracepoints_load() => Load("tp_btf/sys_enter");

    [KernelFact]
    public void Classic_tracepoints_load() => Load("tracepoint/raw_syscalls/sys_enter");

    [KernelFact(KernelFeature.Kprobe)]
    public void Kernel_probes_load() => Load("kprobe/vfs_read");

    [KernelFact]
    public void User_probes_load() => Load("uprobe");

    [KernelFact]
    public void Performance_events_load() => Load("perf_event");

    [KernelFact(KernelFeature.Trampoline)]
    public void Function_entries_load() => Load("fentry/security_file_open");

    [KernelFact(KernelFeature.Trampoline)]
    public void Function_exits_load() => Load("fexit/security_file_open");

    [KernelFact(KernelFeature.Trampoline)]
    public void Modified_returns_load() => Load("fmod_ret/security_file_open");

    [KernelFact(KernelFeature.Lsm)]
    public void Security_hooks_load() => Load("lsm/file_open");

    [KernelFact(KernelFeature.Lsm)]
    public unsafe void Security_hooks_run_all_captures_of_files()
    {
        var program = new CaptureProgram();
        program.On("lsm/file_open", "probe", 3, scope =>
        {
            var file = scope.Argument(0);
            scope.Capture("file", 0, file, 0);
            scope.Capture("path", 1, file + CaptureProgram.Offset("file", "f_path"), 0);
            scope.Capture("cred", 2, scope.Read(file, CaptureProgram.Offset("file", "f_cred")), 0);
        });
        using var kernel = new KernelSide(program.Build());
        kernel.Attach("probe");
        _ = Native.Close(Native.Open("/proc/self/status", 0));
        bool Wanted(byte[] record) => CapturedArgument.Of(record) is [{ } file, { } path, { Bytes.Length: 88 }] && file.Text == $"/proc/{Environment.ProcessId}/status" && path.Text == file.Text;
        kernel.Until(() => kernel.Records.Exists(Wanted));
    }

    [KernelFact]
    public void Change_of_privileges_is_told_once_and_the_record_takes_it()
    {
        const int Effective = 0, Uts = 0;
        var layout = new KernelLayout(KernelSide.Spec().Btf!);
        var (capabilities, uts) = (layout.Offset("process", "effective"), layout.Offset("process", "namespaces") + layout.Offset("namespaces", "uts"));
        var program = new CaptureProgram();
        program.OnSyscallOfProcess("probe", Native.QuietCall, 6, (scope, process) =>
        {
            // As if the process had changed since its record was written.
            scope.Code.Store(ScalarType.U64, process, capabilities, 0);
            scope.Code.Store(ScalarType.U32, process, uts, 1);
            for (var i = 0; i < 4; i += 2)
            {
                scope.Number(i, scope.Code.Call("changed_capabilities", [process, Effective]));
                scope.Number(i + 1, scope.Code.Call("changed_namespaces", [process]).To(ScalarType.U32));
            }
            scope.Number(4, scope.Code.Load(ScalarType.U64, process, capabilities));
            scope.Number(5, scope.Code.Load(ScalarType.U32, process, uts));
        });
        using var kernel = new KernelSide(program.Build());
        kernel.Attach("probe");
        Native.SystemCall(Native.QuietCall, 0);
        kernel.Until(() => kernel.Records.Count > 0);
        var held = Convert.ToUInt64(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapEff", StringComparison.Ordinal))[8..].Trim(), 16);
        CapturedArgument.Of(kernel.Records[0]).Select(a => a!.Number).ShouldBe([held, 1u << Uts, 0, 0, held, ulong.Parse(new FileInfo("/proc/self/ns/uts").LinkTarget![5..^1])]);
    }

    static void Load(string section)
    {
        var program = new CaptureProgram();
        program.On(section, "probe", 16, scope =>
        {
            var buffer = scope.Code.Stack(GeneratedStack);
            scope.Code.Store(ScalarType.U64, buffer, 0, 0);
            var value = scope.Plain(scope.Code.Context);
            for (var i = 0; i < s_captures.Length; i++) scope.Capture(s_captures[i], i % 16, value, 0);
            scope.Code.Call("capture_stack", [scope.Code.Context, scope.Slot, 14, 0]);
            scope.Code.Call("capture_stack", [scope.Code.Context, scope.Slot, 15, 1 << 8]);
        }, anyProcess: true);
        using var kernel = new KernelSide(program.Build());
        foreach (var loaded in kernel.Object.Programs.Values) Console.WriteLine($"{section}: {loaded.Name}: {loaded.GetInfo().VerifiedInstructions} instructions verified");
    }
}
