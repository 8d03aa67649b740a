using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Skep.Bpf;
using Skep.Testing;

namespace Skep.Cli.KernelTests;

/// <summary><c>skep bpf load</c> and what others then see of it.</summary>
public class LoadCommandTests
{
    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    [RootFact]
    public void Load_pins_what_is_found_again_and_detached_by_unlinking()
    {
        var directory = $"{BpfFileSystem.DefaultPath}/skep_cli_{Environment.ProcessId}";
        try
        {
            var (code, _, error) = CliProcess.Run("bpf", "load", Fixture("minimal.bpf.o"), "--attach", "--pin", directory, "--duration", "200ms");
            code.ShouldBe(0, error);
            using var link = BpfLink.FromPin($"{directory}/count_getpid_link");
            using var program = BpfProgram.FromPin($"{directory}/count_getpid");
            link.GetInfo().ProgramId.ShouldBe(program.GetInfo().Id);
            Directory.EnumerateFiles(directory).Select(Path.GetFileName).Order().ShouldBe(["_bss", "_data", "_rodata", "calls", "count_getpid", "count_getpid_link"]);
            using (var child = Process.Start("/bin/sh", ["-c", "exit 0"])) child.WaitForExit();
            CliProcess.Run("bpf", "map", "show", $"{directory}/calls").Output.ShouldContain("hash");
            CliProcess.Run("bpf", "prog", "show", $"{directory}/count_getpid").Output.ShouldContain("tracepoint");
            CliProcess.Run("bpf", "link", "show", $"{directory}/count_getpid_link").Output.ShouldContain("count_getpid");

            var again = CliProcess.Run("bpf", "load", Fixture("minimal.bpf.o"), "--pin", directory);
            again.Code.ShouldBe(1);
            again.Error.ShouldContain("exists already");

            var id = link.GetInfo().Id;
            link.Dispose();
            File.Delete($"{directory}/count_getpid_link");
            SpinWait.SpinUntil(() => !ObjectIds.Links.Contains(id), TimeSpan.FromSeconds(20)).ShouldBeTrue("the link outlived its pin");
        }
        finally
        {
            if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        }
    }

    [RootFact]
    public void Pin_outside_a_bpf_file_system_is_refused_with_the_remedy_and_leaves_nothing()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"skep_cli_{Environment.ProcessId}");
        var (code, _, error) = CliProcess.Run("bpf", "load", Fixture("minimal.bpf.o"), "--pin", directory);
        code.ShouldBe(1);
        error.ShouldContain("not on a BPF file system");
        error.ShouldContain("mount -t bpf");
        Directory.Exists(directory).ShouldBeFalse();
    }

    [RootFact]
    public void Load_prints_what_programs_print_with_printk()
    {
        using var skep = CliProcess.Start("bpf", "load", Fixture("cli_trace.bpf.o"), "--attach", "--btf", "/sys/kernel/btf/vmlinux", "--duration", "100s");
        var lines = skep.StandardOutput;
        try
        {
            while (skep.StandardError.ReadLine() is { } line && line != "skep: ready") { }
            var tool = Path.Combine(Path.GetTempPath(), $"skep-t{Environment.ProcessId % 100000}");
            File.CreateSymbolicLink(tool, "/bin/true");
            try
            {
                // The kernel switches this output on from a work queue, some time after the program is loaded: what is printed before is lost.
                var pids = new ConcurrentDictionary<int, bool>();
                using var enough = new CancellationTokenSource();
                var again = Task.Run(() =>
                {
                    do
                    {
                        using var child = Process.Start(tool);
                        pids[child.Id] = true;
                        child.WaitForExit();
                    }
                    while (!enough.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(500)));
                });
                string? line;
                const string Said = "skep traced tgid ";
                while ((line = lines.ReadLine()) is not null && !(line.Split(Said) is [_, var pid] && pids.ContainsKey(int.Parse(pid, CultureInfo.InvariantCulture)))) { }
                enough.Cancel();
                again.GetAwaiter().GetResult();
                line.ShouldNotBeNull();
            }
            finally
            {
                File.Delete(tool);
            }
        }
        finally
        {
            skep.Kill();
            skep.WaitForExit();
        }
    }

    [KernelFact(KernelFeature.StructOps)]
    public void Load_attach_registers_struct_ops()
    {
        using var skep = CliProcess.Start("bpf", "load", Fixture("load_structops.bpf.o"), "--attach", "--duration", "60s");
        try
        {
            var lines = new List<string>();
            while (skep.StandardError.ReadLine() is { } line && line != "skep: ready") lines.Add(line);
            lines.ShouldContain(l => l.EndsWith("fixed_window: registered", StringComparison.Ordinal), string.Join('\n', lines));
            File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").ShouldContain("skep_fixed");
        }
        finally
        {
            // Not killed: without a link it is the program's end that takes the registration back.
            CliProcess.Interrupt(skep);
            skep.WaitForExit();
        }
        File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").ShouldNotContain("skep_fixed");
    }

    [RootFact]
    public void A_refused_program_is_an_error_that_names_file_section_line_cause_and_remedy()
    {
        var (code, output, error) = CliProcess.Run("bpf", "load", Fixture("cli_bad.bpf.o"), "--attach", "--duration", "1s");
        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain("cli_bad");
        error.ShouldContain("raw_tp/sys_enter");
        error.ShouldContain("cli_bad.bpf.c:19");
        error.ShouldContain("NULL");
    }

    [RootFact]
    public void Btf_that_is_none_is_an_error_that_names_the_file()
    {
        var (code, _, error) = CliProcess.Run("bpf", "load", Fixture("minimal.bpf.o"), "--btf", "/etc/passwd");
        code.ShouldBe(1);
        error.ShouldContain("passwd");
    }

    [RootFact]
    public void Machine_code_is_printed_by_function_and_address()
    {
        using var loaded = BpfObject.LoadFile(Fixture("minimal.bpf.o"));
        var program = loaded.Programs["count_getpid"];
        var jited = program.GetCode().Jited;
        if (jited.IsEmpty) return;
        var (code, output, error) = CliProcess.Run("bpf", "prog", "dump", $"{program.GetInfo().Id}", "--jited");
        code.ShouldBe(0, error);
        output.ShouldStartWith($"count_getpid: {jited.Length} bytes at 0x");
        var bytes = output.Split('\n').Skip(1).SelectMany(l => l.Split(": ") is [_, var hex] ? hex.Split(' ', StringSplitOptions.RemoveEmptyEntries) : []);
        string.Concat(bytes).ShouldBe(Convert.ToHexStringLower(jited.Span));
    }
}
