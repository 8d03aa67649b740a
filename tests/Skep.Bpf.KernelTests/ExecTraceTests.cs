using System.Diagnostics;
using System.Text;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

/// <summary>The programs that samples and <c>skep run</c> are built on, used as they use them.</summary>
public class ExecTraceTests
{
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    [KernelFact]
    public void ExecTrace_sample_sees_an_execve_of_ours()
    {
        using var program = BpfObject.LoadFile(Fixture("exectrace.bpf.o"));
        using var link = program.Programs["on_execve"].Attach();
        using var reader = new PerfBufferReader(program.Maps["events"]);
        var file = StartProcess();
        var seen = false;
        Poll(() => seen, () => reader.Poll((_, record) => seen |= record.IndexOf(Encoding.UTF8.GetBytes(file + "\0")) == 24, TimeSpan.FromMilliseconds(100)));
        seen.ShouldBeTrue();
    }

    [KernelFact]
    public void Exec_program_reports_start_and_end_of_a_process_with_arguments_and_code()
    {
        using var program = BpfObject.LoadFile(Fixture("exec.bpf.o"));
        using var onExec = program.Programs["on_exec"].Attach();
        using var onExit = program.Programs["on_exit"].Attach();
        var (starts, ends) = (0, 0);
        uint pid = 0;
        using var reader = new RingBufferReader();
        var mark = $"skep-test-{Environment.ProcessId}-{Guid.NewGuid():n}";
        reader.Add(program.Maps["events"], record =>
        {
            var kind = BitConverter.ToUInt32(record);
            var recordPid = BitConverter.ToUInt32(record[4..]);
            if (kind == 1 && record.IndexOf(Encoding.UTF8.GetBytes(mark)) > 0) (starts, pid) = (starts + 1, recordPid);
            if (kind == 2 && recordPid == pid && pid != 0)
            {
                ends++;
                BitConverter.ToUInt32(record[56..]).ShouldBe(0u);
                BitConverter.ToUInt64(record[16..]).ShouldBeGreaterThan(BitConverter.ToUInt64(record[24..]));
            }
        });
        StartProcess(mark);
        Poll(() => ends > 0, () => reader.Poll(TimeSpan.FromMilliseconds(100)));
        (starts, ends).ShouldBe((1, 1));
        program.Variables["lost"].Get<ulong>().ShouldBe(0ul);
    }

    static void Poll(Func<bool> done, Action poll)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done() && Stopwatch.GetElapsedTime(started) < s_limit) poll();
    }

    static string StartProcess(params string[] arguments)
    {
        string[] files = ["/bin/true", "/bin/busybox"];
        var file = files.First(File.Exists);
        var start = new ProcessStartInfo(file);
        if (file.EndsWith("busybox", StringComparison.Ordinal)) start.ArgumentList.Add("true");
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return file;
    }
}
