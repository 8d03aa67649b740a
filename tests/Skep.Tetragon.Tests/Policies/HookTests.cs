using System.Runtime.InteropServices;
using Shouldly;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;
using Xunit;

namespace Skep.Tetragon.Tests.Policies;

public class HookTests
{
    [Theory]
    [InlineData("sys_openat", "syscall:openat", "__x64_sys_openat")]
    [InlineData("__x64_sys_openat", "syscall:openat", "__x64_sys_openat")]
    [InlineData("__arm64_sys_openat", "syscall:openat", "__x64_sys_openat")]
    [InlineData("openat", "syscall:openat", "__x64_sys_openat")]
    [InlineData("i386/sys_open", "syscall:i386/open", "__ia32_sys_open")]
    [InlineData("__ia32_sys_open", "syscall:i386/open", "__ia32_sys_open")]
    public void Call_is_a_system_call_unless_said_otherwise(string call, string target, string function)
    {
        var hook = OnePolicy.Policy($"kprobes: [{{call: {call}}}]").Hooks.ShouldHaveSingleItem();

        hook.Target.ToString().ShouldBe(target);
        hook.Tag().Function.ShouldBe(function);
    }

    [Fact]
    public void System_call_is_named_after_the_architecture()
    {
        var machine = PolicyVectors.Machine with { Architecture = Architecture.Arm64 };

        var file = TracingPolicyFile.Parse(OnePolicy.Around("kprobes: [{call: sys_openat}]"), "p.yaml", machine);

        file.Policies[0].Hooks[0].Tag().Function.ShouldBe("__arm64_sys_openat");
        TracingPolicyFile.Parse(OnePolicy.Around("kprobes: [{call: sys_open}]"), "p.yaml", machine).HasErrors.ShouldBeTrue();
    }

    [Fact]
    public void Unknown_system_call_is_allowed_where_it_may_be_missing()
    {
        var hook = OnePolicy.Policy("kprobes: [{call: sys_of_tomorrow, ignore: {callNotFound: true}}]").Hooks[0];

        hook.Target.ShouldBe(new SyscallHook("of_tomorrow"));
        hook.MayBeMissing.ShouldBeTrue();
    }

    [Fact]
    public void Function_keeps_its_name()
    {
        var hook = OnePolicy.Hook("args: []");

        hook.Target.ShouldBe(new FunctionHook("some_function"));
        hook.Tag().Function.ShouldBe("some_function");
        hook.Origin.ShouldBe("p.yaml:7:5");
    }

    [Theory]
    [InlineData("int", ValueKind.Int32)]
    [InlineData("int32", ValueKind.Int32)]
    [InlineData("sint32", ValueKind.Int32)]
    [InlineData("uint32", ValueKind.UInt32)]
    [InlineData("int8", ValueKind.Int8)]
    [InlineData("sint8", ValueKind.Int8)]
    [InlineData("uint8", ValueKind.UInt8)]
    [InlineData("int16", ValueKind.Int16)]
    [InlineData("sint16", ValueKind.Int16)]
    [InlineData("uint16", ValueKind.UInt16)]
    [InlineData("long", ValueKind.Int64)]
    [InlineData("int64", ValueKind.Int64)]
    [InlineData("sint64", ValueKind.Int64)]
    [InlineData("ulong", ValueKind.UInt64)]
    [InlineData("uint64", ValueKind.UInt64)]
    [InlineData("size_t", ValueKind.UInt64)]
    [InlineData("char_buf", ValueKind.Buffer)]
    [InlineData("const_buf", ValueKind.Buffer)]
    [InlineData("char_iovec", ValueKind.IoVector)]
    [InlineData("iov_iter", ValueKind.IoIterator)]
    [InlineData("skb", ValueKind.Skb)]
    [InlineData("sock", ValueKind.Sock)]
    [InlineData("socket", ValueKind.Socket)]
    [InlineData("sockaddr", ValueKind.SocketAddress)]
    [InlineData("sockaddr_un", ValueKind.UnixAddress)]
    [InlineData("string", ValueKind.Text)]
    [InlineData("fd", ValueKind.FileDescriptor)]
    [InlineData("file", ValueKind.File)]
    [InlineData("filename", ValueKind.Filename)]
    [InlineData("path", ValueKind.Path)]
    [InlineData("nop", ValueKind.None)]
    [InlineData("bpf_attr", ValueKind.BpfAttributes)]
    [InlineData("perf_event", ValueKind.PerfEvent)]
    [InlineData("bpf_map", ValueKind.BpfMap)]
    [InlineData("user_namespace", ValueKind.UserNamespace)]
    [InlineData("capability", ValueKind.Capability)]
    [InlineData("kiocb", ValueKind.Kiocb)]
    [InlineData("cred", ValueKind.Credentials)]
    [InlineData("load_info", ValueKind.LoadInfo)]
    [InlineData("module", ValueKind.Module)]
    [InlineData("kernel_cap_t", ValueKind.CapabilitySet)]
    [InlineData("cap_inheritable", ValueKind.InheritableSet)]
    [InlineData("cap_permitted", ValueKind.PermittedSet)]
    [InlineData("cap_effective", ValueKind.EffectiveSet)]
    [InlineData("linux_binprm", ValueKind.BinaryProgram)]
    [InlineData("data_loc", ValueKind.DataLocation)]
    [InlineData("net_device", ValueKind.NetworkDevice)]
    [InlineData("bpf_cmd", ValueKind.BpfCommand)]
    [InlineData("dentry", ValueKind.Dentry)]
    [InlineData("bpf_prog", ValueKind.BpfProgram)]
    public void Type_becomes_a_kind(string type, ValueKind kind)
    {
        var hook = OnePolicy.Hook($"args: [{{index: 2, type: {type}, label: x}}]");

        var value = hook.Values.ShouldHaveSingleItem();
        value.Kind.ShouldBe(kind);
        value.Index.ShouldBe(2);
        hook.Tag().Values.ShouldBe([new ValueTag(type, "x")]);
    }

    [Theory]
    [InlineData("{index: 1, type: char_buf, sizeArgIndex: 3}", "Argument[1] Buffer size 2")]
    [InlineData("{index: 1, type: char_iovec, sizeArgIndex: 1}", "Argument[1] IoVector size 0")]
    [InlineData("{index: 1, type: char_buf, returnCopy: true}", "Argument[1] Buffer on-return")]
    [InlineData("{index: 1, type: const_buf}", "Argument[1] Buffer max 1023")]
    [InlineData("{index: 0, type: string, resolve: \"mm.exe_file.f_path.dentry.d_name.name\"}", "Argument[0] Text path mm.exe_file.f_path.dentry.d_name.name")]
    [InlineData("{index: 0, type: int, resolve: a.b, btfType: x, btfTypeModule: y}", "Argument[0] Int32 path a.b from x in y")]
    public void Properties_of_an_argument_are_kept(string argument, string expected) =>
        RuleText.Of(OnePolicy.Hook($"args: [{argument}]").Values[0]).ShouldBe(expected);

    [Fact]
    public void Copy_at_return_makes_the_event_wait_for_it() =>
        OnePolicy.Hook("args: [{index: 1, type: char_buf, returnCopy: true}]").WithReturn.ShouldBeTrue();

    [Fact]
    public void Returned_value_comes_last_and_only_with_return()
    {
        var hook = OnePolicy.Hook("return: true\nargs: [{index: 0, type: int}]\ndata: [{index: 0, type: int, source: current_task, resolve: pid}]\nreturnArg: {index: 0, type: file}");

        hook.Values.Select(v => v.Source).ShouldBe([ValueSource.Argument, ValueSource.CurrentTask, ValueSource.Returned]);
        (hook.Tag().ArgumentCount, hook.Tag().DataCount, hook.Tag().ReturnValue).ShouldBe((1, 1, 2));
        OnePolicy.Hook("returnArg: {index: 0, type: int}").Values.ShouldBeEmpty();
    }

    [Fact]
    public void All_system_calls_are_one_list()
    {
        var hooks = OnePolicy.Policy("lists: [{name: all, type: generated_syscalls}]\nkprobes: [{call: \"list:all\"}]").Hooks;

        hooks.Count.ShouldBe(Skep.Engine.Hooks.SyscallTable.NamesOf(Architecture.X64).Count);
        hooks.ShouldAllBe(h => h.MayBeMissing);
    }

    [Fact]
    public void Raw_tracepoint_has_the_arguments_of_its_prototype()
    {
        var hook = OnePolicy.Policy("tracepoints: [{subsystem: sched, event: sched_switch, raw: true, args: [{index: 1, type: int, resolve: pid}]}]").Hooks[0];

        hook.Target.ShouldBe(new RawTracepointHook("sched_switch"));
        (hook.Tag().Subsystem, hook.Tag().Event, hook.Tag().Section).ShouldBe(("sched", "sched_switch", HookSection.Tracepoint));
    }

    [Fact]
    public void Field_of_a_tracepoint_wins_over_a_place_in_args()
    {
        var hook = OnePolicy.Policy("""
            tracepoints:
            - subsystem: a
              event: b
              args: [{index: 5, type: int}, {index: 1, type: int}, {index: 7, type: int}]
              selectors:
              - matchArgs: [{index: 1, operator: Equal, values: ["1"]}, {index: 2, operator: Equal, values: ["2"]}, {index: 5, operator: Equal, values: ["3"]}]
            """).Hooks[0];

        RuleText.Of(hook.Rules[0].When).ShouldBe("(v1 number [1] and v2 number [2] and v0 number [3])");
    }

    [Fact]
    public void Message_and_tags_are_for_the_printer()
    {
        var tag = OnePolicy.Hook("message: hello\ntags: [one, two.three]").Tag();

        (tag.Policy, tag.Message).ShouldBe(("test", "hello"));
        tag.Tags.ShouldBe(["one", "two.three"]);
    }

    [Fact]
    public void Long_message_is_cut()
    {
        var file = PolicyVectors.Parse(OnePolicy.AroundHook($"message: {new string('m', 300)}"));

        file.Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Warning);
        file.Policies[0].Hooks[0].Tag().Message.Length.ShouldBe(256);
    }

    [Fact]
    public void Sections_may_stand_side_by_side()
    {
        var policy = OnePolicy.Policy("kprobes: [{call: sys_read}]\nlsmhooks: [{hook: file_open}]\ntracepoints: [{subsystem: a, event: b}]\nfentries: [{call: sys_write}]");

        policy.Hooks.Select(h => h.Target.ToString()).ShouldBe(["syscall:read", "syscall:write", "tracepoint:a/b", "lsm:file_open"]);
    }

    [Fact]
    public void Loader_is_a_wish_of_the_policy()
    {
        var policy = OnePolicy.Policy("loader: true");

        policy.ReportsMappings.ShouldBeTrue();
        policy.Hooks.ShouldBeEmpty();
    }
}
