using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Tests.Export;
using Xunit;
using static Skep.Tetragon.Tests.Filters.FilterFixture;

namespace Skep.Tetragon.Tests.Filters;

public class EventFilterTests
{
    /// <summary>Filters that the process in the pod passes.</summary>
    public static TheoryData<string> Passing =>
    [
        """{}""", """{"binary_regex":["^/bin/","^/usr/bin/c"]}""", """{"namespace":["x","shop"]}""", """{"health_check":false}""", """{"pid":[1,4242]}""", """{"pid_set":[4242]}""",
        """{"pid_set":[1]}""", """{"pid_set":[100]}""", """{"event_set":["PROCESS_EXIT","PROCESS_EXEC"]}""", """{"pod_regex":["^web-"]}""", """{"arguments_regex":["example\\.org \"--token secret\"$"]}""",
        """{"labels":["app=db","env in (prod,test)"]}""", """{"policy_names":["other","p"]}""", """{"capabilities":{"permitted":{"any":["CAP_SYS_ADMIN","CAP_CHOWN"]}}}""",
        """{"capabilities":{"permitted":{"all":["CAP_SYS_ADMIN","CAP_NET_ADMIN"]},"effective":{"exactly":["CAP_NET_ADMIN"]},"inheritable":{"none":["CAP_NET_ADMIN"]}}}""",
        """{"parent_binary_regex":["sh$"]}""", """{"parent_arguments_regex":["^-c \"curl"]}""", """{"container_id":["^16ecce28d6808e01f6b91f990b07616$"]}""",
        """{"container_id":["^16ecce28d6808e01f6b91f990b07616a{33}$"]}""", """{"in_init_tree":true}""", """{"ancestor_binary_regex":["systemd$"]}""", """{"container_name_regex":["^space"]}""",
        """{"namespace_regex":["^sh.p$"]}""", """{"cel_expression":["1 == 2","process_exec.process.binary.endsWith('curl')"]}""", """{"binary_regex":["curl"],"pid":[4242],"event_set":["PROCESS_EXEC"]}""",
    ];

    /// <summary>Filters that it does not pass.</summary>
    public static TheoryData<string> Failing =>
    [
        """{"binary_regex":["^/sbin"]}""", """{"namespace":["", "kube-system"]}""", """{"health_check":true}""", """{"pid":[1]}""", """{"pid_set":[4241]}""", """{"event_set":["PROCESS_EXIT"]}""",
        """{"pod_regex":["^db"]}""", """{"arguments_regex":["^curl"]}""", """{"labels":["app=db"]}""", """{"policy_names":["other"]}""",
        """{"capabilities":{"permitted":{"any":["CAP_CHOWN"]}}}""", """{"capabilities":{"permitted":{"all":["CAP_SYS_ADMIN","CAP_CHOWN"]}}}""", """{"capabilities":{"permitted":{"exactly":["CAP_SYS_ADMIN"]}}}""",
        """{"capabilities":{"effective":{"none":["CAP_NET_ADMIN"]}}}""", """{"parent_binary_regex":["systemd"]}""", """{"parent_arguments_regex":["^sh"]}""", """{"container_id":["^ecce"]}""",
        """{"in_init_tree":false}""", """{"ancestor_binary_regex":["sh$"]}""", """{"container_name_regex":["web"]}""", """{"namespace_regex":["^$"]}""", """{"cel_expression":["process_exec.process.pid == 1"]}""",
        """{"cel_expression":["1 / 0 == 1"]}""", """{"binary_regex":["curl"],"pid":[1]}""",
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public void Events_pass_filters_whose_fields_all_hold(string filter)
    {
        var filters = FilterJson.ReadFilters(filter);
        Passes([.. filters], [], Curl, policy: "p").ShouldBeTrue();
        Passes([], [.. filters], Curl, policy: "p").ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Failing))]
    public void Events_fail_filters_of_which_a_field_does_not_hold(string filter)
    {
        var filters = FilterJson.ReadFilters(filter);
        Passes([.. filters], [], Curl, policy: "p").ShouldBeFalse();
        Passes([], [.. filters], Curl, policy: "p").ShouldBeTrue();
    }

    [Fact]
    public void Lists_are_alternatives_and_the_denied_are_denied()
    {
        Filter curl = new() { BinaryRegex = { "curl" } }, host = new() { Namespace = { "" } };
        Passes([host, curl], [], Curl).ShouldBeTrue();
        Passes([host], [], Curl).ShouldBeFalse();
        Passes([curl], [host], Curl).ShouldBeTrue();
        Passes([curl], [curl], Curl).ShouldBeFalse();
        Passes([], [], Curl).ShouldBeTrue();
        Passes([], [new Filter()], Curl).ShouldBeFalse();
    }

    [Fact]
    public void Processes_outside_of_pods_have_an_empty_namespace_and_no_labels()
    {
        Passes(new Filter { Namespace = { "" } }, OnHost).ShouldBeTrue();
        Passes(new Filter { Namespace = { "shop" } }, OnHost).ShouldBeFalse();
        Passes(new Filter { NamespaceRegex = { "" } }, OnHost).ShouldBeFalse();
        Passes(new Filter { PodRegex = { "" } }, OnHost).ShouldBeFalse();
        Passes(new Filter { ContainerNameRegex = { "" } }, OnHost).ShouldBeFalse();
        Passes(new Filter { ContainerId = { "." } }, OnHost).ShouldBeFalse();
        Passes(new Filter { ContainerId = { "^$" } }, OnHost).ShouldBeTrue();
        Passes(new Filter { Labels = { "!app" } }, OnHost).ShouldBeFalse();
        Passes(new Filter { Labels = { "" } }, Process(new ContainerInfo { Id = ContainerId, Pod = new PodInfo { Name = "x" } })).ShouldBeFalse("labels that are not known are not missing");
    }

    [Fact]
    public void Pods_come_from_where_the_printer_has_them()
    {
        var options = new ExportOptions { PodOf = _ => new PodInfo { Namespace = "told" } };
        Passes([new Filter { Namespace = { "told" } }], [], Curl, options: options).ShouldBeTrue();
    }

    [Fact]
    public void Unknown_processes_have_a_pid_and_nothing_else()
    {
        bool Unknown(Filter filter, uint pid = 9) => EventFilter.Compile([filter], []).Matches(new ExportedEvent { Type = EventType.ProcessKprobe, Pid = pid, PolicyName = "p", Line = "{\"process_kprobe\":{}}\n"u8 });
        Unknown(new Filter { Pid = { 9 } }).ShouldBeTrue();
        Unknown(new Filter { PidSet = { 9 } }).ShouldBeTrue();
        Unknown(new Filter { BinaryRegex = { "." } }).ShouldBeFalse();
        Unknown(new Filter { BinaryRegex = { "^$" } }).ShouldBeTrue();
        Unknown(new Filter { BinaryRegex = { "" } }, pid: 0).ShouldBeFalse();
        Unknown(new Filter { ParentBinaryRegex = { "" } }).ShouldBeFalse();
        Unknown(new Filter { AncestorBinaryRegex = { "" } }).ShouldBeFalse();
        Unknown(new Filter { InInitTree = false }).ShouldBeTrue();
        Unknown(new Filter { PolicyNames = { "p" } }).ShouldBeTrue();
        Unknown(new Filter { Capabilities = new CapFilter { Effective = new CapFilterSet { None = { CapabilitiesType.CapChown } } } }).ShouldBeFalse();
        Unknown(new Filter { CelExpression = { "process_kprobe.function_name == ''" } }).ShouldBeTrue();
    }

    [Fact]
    public void A_parent_that_is_forgotten_still_counts_by_its_pid()
    {
        var orphan = new ProcessInfo { Id = new ProcessId(5, 5), ParentId = new ProcessId(4, 4), Executable = "/bin/x"u8.ToArray() };
        Passes(new Filter { PidSet = { 4 } }, orphan).ShouldBeTrue();
        Passes(new Filter { Pid = { 4 } }, orphan).ShouldBeFalse();
    }

    [Fact]
    public void Health_checks_are_told_by_the_container()
    {
        var filter = EventFilter.Compile([new Filter { HealthCheck = true }], []);
        filter.Matches(new ExportedEvent { Type = EventType.ProcessExec, Pid = 1, PolicyName = "", Line = """{"process_exec":{"process":{"pod":{"container":{"maybe_exec_probe":true}}}}}"""u8 }).ShouldBeTrue();
        filter.Matches(new ExportedEvent { Type = EventType.ProcessExec, Pid = 1, PolicyName = "", Line = """{"process_exec":{"process":{"arguments":"\"maybe_exec_probe\":true"}}}"""u8 }).ShouldBeFalse();
    }

    [Fact]
    public void Filters_see_arguments_without_secrets()
    {
        var redactor = Redactor.Compile([new RedactionFilter { Redact = { "--token (\\S+)\"" } }]);
        var options = new ExportOptions { Redactor = redactor };
        Passes([new Filter { ArgumentsRegex = { "secret" } }], [], Curl, options: options).ShouldBeFalse();
        Passes([new Filter { ArgumentsRegex = { "--token \\*{5}\"" } }], [], Curl, options: options).ShouldBeTrue();
    }

    [Fact]
    public void What_is_not_UTF8_is_seen_as_it_is_printed()
    {
        var process = new ProcessInfo { Id = new ProcessId(5, 5), Executable = new byte[] { (byte)'/', 0xff, 0xc3, 0xa4 } };
        Passes(new Filter { BinaryRegex = { "^/\ufffdä$" } }, process).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"binary_regex":["a","("]}""", "allow_list[0].binary_regex[1]: bad regular expression: missing )")]
    [InlineData("""{"labels":["a=="," b ="," ="]}""", "allow_list[0].labels[2]: bad label selector")]
    [InlineData("""{} {"cel_expression":["true","process_exec.x"]}""", "allow_list[1].cel_expression[1]: 1:13: tetragon.ProcessExec has no field x")]
    [InlineData("""{"capabilities":{"permitted":{}}}""", "allow_list[0].capabilities.permitted: exactly one of")]
    [InlineData("""{"capabilities":{"effective":{"any":["CAP_BPF"],"none":["CAP_BPF"]}}}""", "allow_list[0].capabilities.effective: exactly one of")]
    public void Wrong_filters_are_refused_by_the_name_of_their_member(string filters, string message) =>
        Should.Throw<FilterException>(() => EventFilter.Compile(FilterJson.ReadFilters(filters), [])).Message.ShouldStartWith(message);

    [Theory]
    [InlineData("""{"binary_regexx":["a"]}""", "1:2: binary_regexx does not exist; there are binary_regex, ")]
    [InlineData("""{"binary_regex":"a"}""", "1:17: binary_regex is a list")]
    [InlineData("""{"binary_regex":[1]}""", "1:18: binary_regex[0] is a string")]
    [InlineData("{\n \"pid\":[1,-2]}", "2:11: pid[1] is a number from 0")]
    [InlineData("""{"pid":["x"]}""", "1:9: pid[0] is a number")]
    [InlineData("""{"pid":[1.5]}""", "1:9: pid[0] is a number")]
    [InlineData("""{"pid":[4294967296]}""", "1:9: pid[0] is a number")]
    [InlineData("""{"event_set":["PROCESS_NOPE"]}""", "1:15: event_set[0] is one of UNDEF, PROCESS_EXEC, ")]
    [InlineData("""{"event_set":[2]}""", "1:15: event_set[0] is one of")]
    [InlineData("""{"health_check":1}""", "1:17: health_check is true or false")]
    [InlineData("""{"capabilities":[]}""", "1:17: capabilities is an object")]
    [InlineData("""{"capabilities":{"permitted":{"any":["CAP_X"]}}}""", "1:38: capabilities.permitted.any[0] is one of")]
    [InlineData("""{"capabilities":{"permited":{}}}""", "1:18: capabilities.permited does not exist")]
    [InlineData("""{"pid":[1],"pid":[2]}""", "1:12: pid is there twice")]
    [InlineData("""{"binary_regex":["a"],"binaryRegex":["b"]}""", "1:23: binaryRegex is there twice")]
    [InlineData("""{"pid":[1]""", "1:11: this is no JSON")]
    [InlineData("nonsense", "1:2: this is no JSON")]
    [InlineData("1", "1:1: a filter is an object")]
    [InlineData("""[[{}]]""", "1:2: a filter is an object")]
    [InlineData("""{"pod_regex":["\ud800"]}""", "1:15: pod_regex[0] has half of a character")]
    public void Wrong_JSON_is_refused_with_its_place(string json, string message) =>
        Should.Throw<FilterException>(() => FilterJson.ReadFilters(json)).Message.ShouldStartWith(message);

    [Fact]
    public void JSON_may_have_filters_in_lines_and_in_lists_with_either_name()
    {
        FilterJson.ReadFilters("").ShouldBeEmpty();
        FilterJson.ReadFilters(" \n").ShouldBeEmpty();
        FilterJson.ReadFilters("[]").ShouldBeEmpty();
        FilterJson.ReadFilters("{\"event_set\":[\"PROCESS_EXEC\",5]}\n{\"binaryRegex\":[\"^/usr\"],\"pod_regex\":null}\n[{\"pidSet\":[\"7\"]},{\"in_init_tree\":false}]").ShouldBe(
        [
            new Filter { EventSet = { EventType.ProcessExec, EventType.ProcessExit } }, new Filter { BinaryRegex = { "^/usr" } }, new Filter { PidSet = { 7 } }, new Filter { InInitTree = false },
        ]);
        FilterJson.ReadFieldFilters("""{"fields":"process.exec_id, process.parent_exec_id","event_set":["PROCESS_EXEC"],"invert_event_set":true,"action":"EXCLUDE"}""").ShouldHaveSingleItem()
            .ShouldBe(new FieldFilter { EventSet = { EventType.ProcessExec }, InvertEventSet = true, Action = FieldFilterAction.Exclude, Fields = new() { Paths = { "process.exec_id", "process.parent_exec_id" } } });
        FilterJson.ReadRedactionFilters("""{"redact":["(x)"],"binary_regex":["y"]}""").ShouldHaveSingleItem().ShouldBe(new RedactionFilter { Redact = { "(x)" }, BinaryRegex = { "y" } });
    }

    [Fact]
    public void Expressions_that_fail_are_counted()
    {
        var filter = EventFilter.Compile([new Filter { CelExpression = { "process_exec.process.pod.pod_labels['x'] == 'y'", "process_exec.process.pid == 4242" } }], []);
        var line = Line(EventType.ProcessExec);
        filter.Matches(new ExportedEvent { Type = EventType.ProcessExec, Process = Curl, Pid = 4242, PolicyName = "", Line = line }).ShouldBeTrue();
        filter.EvaluationErrors.ShouldBe(1);
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        string[] fields =
        [
            """{"binary_regex":["^/opt/","^/home/[^/]+/bin/"]}""", """{"arguments_regex":["--(force|yes)"]}""", """{"parent_binary_regex":["cron$"]}""", """{"parent_arguments_regex":["^x"]}""",
            """{"ancestor_binary_regex":["sshd$"]}""", """{"namespace":["kube-system"]}""", """{"namespace_regex":["^kube"]}""", """{"pod_regex":["^db"]}""", """{"labels":["app in (db,cache)","tier"]}""",
            """{"container_id":["^ff"]}""", """{"container_name_regex":["^x"]}""", """{"pid":[1]}""", """{"pid_set":[77]}""", """{"policy_names":["q"]}""", """{"in_init_tree":false}""", """{"health_check":true}""",
            """{"capabilities":{"permitted":{"any":["CAP_CHOWN"]}}}""",
        ];
        var filter = EventFilter.Compile(FilterJson.ReadFilters("[" + string.Join(',', fields) + "]"), []);
        var line = Line(EventType.ProcessExec);
        long Allocated(int events)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < events; i++) filter.Matches(new ExportedEvent { Type = EventType.ProcessExec, Process = Curl, Pid = 4242, PolicyName = "p", Line = line }).ShouldBeFalse();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(1000);
        Allocated(5000).ShouldBe(0);
    }
}
