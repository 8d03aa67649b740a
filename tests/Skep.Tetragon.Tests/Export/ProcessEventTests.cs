using System.Text.Json.Nodes;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Tetragon.Export;
using Xunit;
using static Skep.Tetragon.Tests.Export.ExportFixture;

namespace Skep.Tetragon.Tests.Export;

public class ProcessEventTests
{
    [Fact]
    public void Execution_prints_process_and_parent()
    {
        var writer = new ExportWriter(Options);
        writer.WriteExec(Curl(Shell()), 1_000_000_500);
        ShouldBe(Event(writer), $$$"""
            {"process_exec":{
              "process":{"exec_id":"{{{ExecId(4242, 1_000_000_000)}}}","pid":4242,"uid":1000,"cwd":"/home/u","binary":"/usr/bin/curl","arguments":"https://example.org",
                "flags":"execve clone","start_time":"2030-01-02T03:04:06Z","auid":1000,"parent_exec_id":"{{{ExecId(100, 500_000_000)}}}","refcnt":1,"tid":4242,"in_init_tree":false},
              "parent":{"exec_id":"{{{ExecId(100, 500_000_000)}}}","pid":100,"uid":0,"cwd":"/","binary":"/bin/sh","arguments":"-c \"curl example.org\"","flags":"procFS rootcwd",
                "start_time":"2030-01-02T03:04:05.500Z","auid":4294967295,"parent_exec_id":"{{{ExecId(0, 1)}}}","refcnt":1,"tid":100,"in_init_tree":false}},
             "node_name":"n","time":"2030-01-02T03:04:06.000000500Z"}
            """);
    }

    [Theory]
    [InlineData(0u, "{}")]
    [InlineData(3u << 8, """{"status":3}""")]
    [InlineData(9u, """{"signal":"SIGKILL"}""")]
    [InlineData(0x80u | 11u, """{"signal":"SIGSEGV"}""")]
    [InlineData(35u, """{"signal":"SIGRTMIN+1"}""")]
    public void Exit_prints_signal_or_status_only_when_there_is_one(uint status, string expected)
    {
        var writer = new ExportWriter(Options);
        writer.WriteExit(Curl(null), 4250, 3_000_000_000, status);
        var exit = Event(writer)["process_exit"]!.AsObject();
        exit["time"]!.GetValue<string>().ShouldBe("2030-01-02T03:04:08Z");
        exit["process"]!["tid"]!.GetValue<uint>().ShouldBe(4250u);
        exit.Remove("process");
        exit.Remove("time");
        ShouldBe(exit, expected);
    }

    [Fact]
    public void Process_in_a_pod_prints_pod_and_31_digits_of_the_container()
    {
        var id = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
        var container = new ContainerInfo
        {
            Id = id, Runtime = "containerd", Name = "web", Image = "nginx:1", ImageId = "nginx@sha256:1", StartTime = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        };
        var options = Options with
        {
            PodOf = _ => new PodInfo { Namespace = "default", Name = "web-1", Labels = new Dictionary<string, string> { ["app"] = "web" }, Workload = "web", WorkloadKind = "Deployment" },
        };
        var writer = new ExportWriter(options);
        writer.WriteExec(Curl(null, container, ProcessFlags.InInitTree), 1);
        var process = Event(writer)["process_exec"]!["process"]!;
        process["docker"]!.GetValue<string>().ShouldBe(id[..31]);
        process["flags"]!.GetValue<string>().ShouldBe("execve clone inInitTree");
        process["in_init_tree"]!.GetValue<bool>().ShouldBeTrue();
        ShouldBe(process["pod"], $$$"""
            {"namespace":"default","name":"web-1","container":{"id":"containerd://{{{id}}}","name":"web","image":{"id":"nginx@sha256:1","name":"nginx:1"},"start_time":"2030-01-01T00:00:00Z"},
             "pod_labels":{"app":"web"},"workload":"web","workload_kind":"Deployment"}
            """);
    }

    [Fact]
    public void Credentials_and_namespaces_are_printed_when_asked_for()
    {
        var options = Options with { Credentials = true, Namespaces = true, HostNamespaces = new NamespaceSet(1, 2, 3, 4, 4, 5, 6, 6, 7, 8) };
        var process = new ProcessInfo
        {
            Id = new ProcessId(5, 1), Executable = "/x"u8.ToArray(), Inode = 77, Links = 0, Flags = ProcessFlags.Setuid | ProcessFlags.FileCapabilities,
            Credentials = new Credentials(1000, 2, 0, 4, 5, 6, 7, 8, 0b10001, 0, 0, 0, 1ul << 21 | 1, 1 << 1, 0, 0, 0),
            Namespaces = new NamespaceSet(1, 20, 3, 40, 40, 5, 0, 0, 7, 8),
        };
        var writer = new ExportWriter(options);
        writer.WriteExec(process, 1);
        var printed = Event(writer)["process_exec"]!["process"]!;
        ShouldBe(printed["cap"], """{"permitted":["CAP_CHOWN","CAP_SYS_ADMIN"],"effective":["DAC_OVERRIDE"]}""");
        ShouldBe(printed["process_credentials"], """
            {"uid":1000,"gid":2,"euid":0,"egid":4,"suid":5,"sgid":6,"fsuid":7,"fsgid":8,"securebits":["SecBitNoRoot","SecBitKeepCaps"]}
            """);
        ShouldBe(printed["ns"], """
            {"uts":{"inum":1,"is_host":true},"ipc":{"inum":20},"mnt":{"inum":3,"is_host":true},"pid":{"inum":40},"pid_for_children":{"inum":40},
             "net":{"inum":5,"is_host":true},"cgroup":{"inum":7,"is_host":true},"user":{"inum":8,"is_host":true}}
            """);
        ShouldBe(printed["binary_properties"], """
            {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP","PRIVILEGES_RAISED_EXEC_FILE_SETUID"],"file":{"inode":{"number":"77","links":0}}}
            """);
    }

    [Fact]
    public void Environment_is_printed_when_asked_for()
    {
        var process = new ProcessInfo { Id = new ProcessId(5, 1), Executable = "/x"u8.ToArray(), Environment = "A=1\0B=x=y\0C=\0"u8.ToArray() };
        var writer = new ExportWriter(Options with { EnvironmentVariables = true });
        writer.WriteExec(process, 1);
        ShouldBe(Event(writer)["process_exec"]!["process"]!["environment_variables"], """[{"Key":"A","Value":"1"},{"Key":"B","Value":"x=y"},{"Key":"C"}]""");
    }

    [Fact]
    public void Ancestors_are_those_beyond_the_parent()
    {
        var writer = new ExportWriter(Options with { Ancestors = ExportAncestors.Base });
        writer.WriteExec(Curl(Shell(Shell(Shell()))), 1);
        Event(writer)["process_exec"]!["ancestors"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public void Envelope_carries_cluster_and_labels()
    {
        var writer = new ExportWriter(Options with { ClusterName = "c", NodeLabels = new Dictionary<string, string> { ["k\""] = "v" } });
        writer.WriteExec(Curl(null), 1);
        var line = Event(writer).AsObject();
        line.Remove("process_exec");
        ShouldBe(line, """{"node_name":"n","time":"2030-01-02T03:04:05.000000001Z","cluster_name":"c","node_labels":{"k\"":"v"}}""");
    }

    [Fact]
    public void Cached_process_prints_like_a_fresh_one_and_anew_when_it_changes()
    {
        var options = Options with { Credentials = true, Namespaces = true, Ancestors = ExportAncestors.Base };
        var parent = Shell(Shell());
        var process = Curl(parent);
        var writer = new ExportWriter(options);
        writer.WriteExit(process, 1, 1, 0);
        var fresh = writer.Written.ToArray();
        writer.Reset();
        var record = new HookRecordBuilder().Build();
        Engine.Records.HookRecord.TryRead(record, out var parsed).ShouldBeTrue();
        writer.WriteHook(new Engine.Records.HookEvent { Record = parsed, Request = Request, Process = process });
        process.Printed.ShouldNotBeNull();
        writer.Reset();
        writer.WriteExit(process, 1, 1, 0);
        writer.Written.ToArray().ShouldBe(fresh);

        var kept = process.Printed;
        process.Version++;
        writer.WriteHook(new Engine.Records.HookEvent { Record = parsed, Request = Request, Process = process });
        process.Printed.ShouldNotBeSameAs(kept);
    }

    [Fact]
    public void Only_so_many_processes_keep_their_JSON()
    {
        var writer = new ExportWriter(Options with { CachedProcesses = 2 });
        var parents = Enumerable.Range(0, 5).Select(_ => Shell()).ToArray();
        foreach (var parent in parents) writer.WriteExec(Curl(parent), 1);
        parents.Count(parent => parent.Printed is not null).ShouldBe(2);
    }

    [Fact]
    public void Names_of_users_are_those_of_the_hosts_processes()
    {
        var writer = new ExportWriter(Options with { UserNameOf = uid => uid == 1000 ? "u" : null });
        writer.WriteExec(Curl(Shell()), 1);
        var exec = Event(writer)["process_exec"]!;
        ShouldBe(exec["process"]!["user"], """{"name":"u"}""");
        exec["parent"]!["user"].ShouldBeNull();
    }
}
