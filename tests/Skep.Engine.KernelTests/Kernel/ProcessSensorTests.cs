using System.Diagnostics;
using System.Runtime.InteropServices;
using Shouldly;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>The process sensor, attached for real; what it says is compared with what /proc says.</summary>
public class ProcessSensorTests
{
    [KernelFact]
    public void Exec_record_agrees_with_proc_field_by_field()
    {
        using var kernel = new KernelSide().Watch();
        using var process = Start("/bin/sleep", "60");
        try
        {
            kernel.Until(() => kernel.Executions(process.Id).Count > 0);
            var exec = kernel.Executions(process.Id)[0];
            var pid = process.Id;
            exec.ExecutablePath.ShouldBe(File.ResolveLinkTarget($"/proc/{pid}/exe", false)!.FullName);
            exec.FilenameText.ShouldBe("/bin/sleep");
            exec.CwdPath.ShouldBe(Environment.CurrentDirectory);
            exec.ArgumentList.ShouldBe(["/bin/sleep", "60"]);
            exec.Comm.ShouldBe(File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n'));
            exec.Fixed.ArgumentsTotal.ShouldBe((uint)"/bin/sleep\060\0".Length);

            var status = File.ReadLines($"/proc/{pid}/status").ToDictionary(line => line.Split(':')[0], line => line.Split(':', 2)[1].Trim());
            var credentials = exec.Fixed.Credentials;
            status["Uid"].Split('\t').Select(uint.Parse).ShouldBe([credentials.Uid, credentials.Euid, credentials.Suid, credentials.Fsuid]);
            status["Gid"].Split('\t').Select(uint.Parse).ShouldBe([credentials.Gid, credentials.Egid, credentials.Sgid, credentials.Fsgid]);
            Convert.ToUInt64(status["CapPrm"], 16).ShouldBe(credentials.Permitted);
            Convert.ToUInt64(status["CapEff"], 16).ShouldBe(credentials.Effective);
            Convert.ToUInt64(status["CapInh"], 16).ShouldBe(credentials.Inheritable);
            Convert.ToUInt64(status["CapBnd"], 16).ShouldBe(credentials.Bounding);
            Convert.ToUInt64(status["CapAmb"], 16).ShouldBe(credentials.Ambient);
            exec.Fixed.Header.ParentPid.ShouldBe((uint)Environment.ProcessId);
            exec.Fixed.PidInNamespace.ShouldBe(uint.Parse(status["NSpid"].Split('\t')[^1]));

            var namespaces = exec.Fixed.Namespaces;
            Namespace(pid, "uts").ShouldBe(namespaces.Uts);
            Namespace(pid, "ipc").ShouldBe(namespaces.Ipc);
            Namespace(pid, "mnt").ShouldBe(namespaces.Mnt);
            Namespace(pid, "pid").ShouldBe(namespaces.Pid);
            Namespace(pid, "pid_for_children").ShouldBe(namespaces.PidForChildren);
            Namespace(pid, "net").ShouldBe(namespaces.Net);
            Namespace(pid, "time").ShouldBe(namespaces.Time);
            Namespace(pid, "time_for_children").ShouldBe(namespaces.TimeForChildren);
            Namespace(pid, "cgroup").ShouldBe(namespaces.Cgroup);
            Namespace(pid, "user").ShouldBe(namespaces.User);
            Namespace(pid, "user").ShouldBe(credentials.UserNamespace);
            credentials.UserNamespaceLevel.ShouldBe(0u);

            if (File.Exists($"/proc/{pid}/loginuid")) exec.Fixed.Auid.ShouldBe(uint.Parse(File.ReadAllText($"/proc/{pid}/loginuid")));
            if (File.Exists($"/proc/{pid}/sessionid")) exec.Fixed.Session.ShouldBe(uint.Parse(File.ReadAllText($"/proc/{pid}/sessionid")));
            exec.Fixed.Links.ShouldBeGreaterThan(0u);
            (exec.Fixed.Mode & 0xffff).ShouldBe(0x8000u | 0x1edu);

            var fork = kernel.OfKind(RecordLayouts.Fork).Single(record => record.Header.Pid == pid).Header;
            fork.Start.ShouldBe(exec.Fixed.ReplacedStart);
            fork.ParentPid.ShouldBe((uint)Environment.ProcessId);
            fork.ParentStart.ShouldBe(exec.Fixed.Header.ParentStart);
            fork.Cgroup.ShouldBe(exec.Fixed.Header.Cgroup);
            (fork.Start / 10_000_000).ShouldBe(ulong.Parse(Stat(pid)[21]));
            (fork.ParentStart / 10_000_000).ShouldBe(ulong.Parse(Stat(Environment.ProcessId)[21]));
            exec.Fixed.Header.Start.ShouldBe(exec.Fixed.Header.Time);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
        kernel.Until(() => kernel.HasEnded(process.Id));
        var exit = kernel.OfKind(RecordLayouts.Exit).Single(record => record.Header.Pid == process.Id);
        BitConverter.ToUInt32(exit.Bytes, 64).ShouldBe(9u);
        exit.Header.Start.ShouldBe(kernel.Executions(process.Id)[0].Fixed.Header.Start);
    }

    static uint Namespace(int pid, string name)
    {
        var text = new FileInfo($"/proc/{pid}/ns/{name}").LinkTarget!;
        return uint.Parse(text[(text.IndexOf('[') + 1)..^1]);
    }

    /// <summary>Fields of /proc/PID/stat as proc(5) numbers them, from zero.</summary>
    static string[] Stat(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return ["", "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
    }

    static Process Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
