using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Hooks;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Runtime;

public class GenerationTests
{
    static readonly ValueSpec s_path = new() { Index = 1, Kind = ValueKind.Text };
    static readonly ValueSpec s_address = new() { Index = 1, Kind = ValueKind.SocketAddress };

    [KernelFact]
    public void System_call_is_reported_with_its_arguments()
    {
        using var probe = new EngineProbe(Hook("getpgid", [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }], new ValueCondition(0, new NumberPredicate([new NumberRange(1, 1)]))));
        getpgid(1).ShouldBeGreaterThanOrEqualTo(0);
        getpgid(2).ShouldBeGreaterThanOrEqualTo(0);
        probe.Events().Count.ShouldBe(1);
    }

    [KernelFact]
    public void Text_is_matched_in_the_kernel()
    {
        using var probe = new EngineProbe(Hook("openat", [s_path], Path(TextOperator.Prefix, "/etc/generation-te")));
        Should.Throw<FileNotFoundException>(() => File.OpenRead("/etc/generation-tests"));
        Should.Throw<FileNotFoundException>(() => File.OpenRead("/etc/generations"));
        probe.Events().Count.ShouldBe(1);
    }

    [KernelFact]
    public void Executable_is_a_bit_of_the_process_and_of_what_it_starts()
    {
        using var probe = new EngineProbe(Hook("openat", [s_path], new All(
        [
            new ExecutableCondition([new TextPattern(TextOperator.Suffix, "/cat"u8.ToArray())], ProcessRelation.Self),
            Path(TextOperator.Equal, "/etc/generation-tests-by-cat"),
        ])));
        Should.Throw<FileNotFoundException>(() => File.OpenRead("/etc/generation-tests-by-cat"));
        Run("/bin/cat", "/etc/generation-tests-by-cat");
        probe.Events().Count.ShouldBe(1);
    }

    [KernelFact]
    public void Signal_kills_before_the_system_call_returns()
    {
        var hook = Hook("openat", [s_path], Path(TextOperator.Equal, "/etc/shadow-of-a-doubt"));
        using var probe = new EngineProbe(hook with { Rules = [hook.Rules[0] with { Actions = [new SignalAction(9)] }] });
        Run("/bin/cat", "/etc/shadow-of-a-doubt").ShouldBe(137);
        probe.Events().Count.ShouldBe(1);
    }

    [KernelFact]
    public void Ten_thousand_policies_on_one_hook_are_one_rule()
    {
        var policies = Enumerable.Range(0, 10_000).Select(i => new Policy { Name = $"p{i}", Hooks = [Hook("openat", [s_path], Path(TextOperator.Equal, $"/etc/file-{i}"))] }).ToArray();
        using var probe = new EngineProbe(policies);
        File.Exists("/etc/file-77").ShouldBeFalse();
        Should.Throw<FileNotFoundException>(() => File.OpenRead("/etc/file-77"));
        probe.Events().Count.ShouldBe(1);
        probe.Plan.Hooks[0].Families[0].Members.Count.ShouldBe(10_000);
    }

    [KernelFact]
    public void Many_system_calls_that_are_treated_alike_are_one_program()
    {
        ValueSpec[] values = [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }];
        Rule[] rules = [new Rule { When = new ValueCondition(0, new NumberPredicate([new NumberRange(-77, -77)])) }];
        var hooks = SyscallTable.Names.Select(name => new HookRequest { Target = new SyscallHook(name), Values = values, Rules = rules, MayBeMissing = true }).ToArray();
        using var probe = new EngineProbe(new Policy { Name = "p", Hooks = hooks });
        probe.Plan.Hooks.Count.ShouldBe(1);
        getpgid(-77).ShouldBe(-1);
        getpgid(1).ShouldBeGreaterThanOrEqualTo(0);
        probe.Events().Count.ShouldBe(1);
    }

    [KernelFact]
    public void Policies_that_differ_in_a_port_are_one_rule()
    {
        var policies = Enumerable.Range(10_001, 2000).Select(i => new Policy { Name = $"p{i}", Hooks = [Hook("connect", [s_address], new ValueCondition(0, new PortPredicate(SocketSide.Destination, [new NumberRange(i, i)])))] }).ToArray();
        using var probe = new EngineProbe(policies);
        Connect("127.0.0.1", 10_777);
        Connect("127.0.0.1", 12_777);
        probe.Events().Count.ShouldBe(1);
        probe.Plan.Hooks[0].Families.ShouldHaveSingleItem().Members.Count.ShouldBe(2000);
    }

    [KernelFact]
    public void Policies_that_differ_in_a_network_are_one_rule()
    {
        // Without 127.0.0.0/16, where all the world connects.
        var policies = Enumerable.Range(1, 200).Select(i => new Policy { Name = $"p{i}", Hooks = [Hook("connect", [s_address], new ValueCondition(0, new AddressPredicate(SocketSide.Destination, [IPNetwork.Parse($"127.{i}.0.0/16")])))] }).ToArray();
        using var probe = new EngineProbe(policies);
        Connect("127.77.0.1", 9);
        Connect("127.222.0.1", 9);
        probe.Events().Count.ShouldBe(1);
        probe.Plan.Hooks[0].Families.ShouldHaveSingleItem().Members.Count.ShouldBe(200);
    }

    [KernelFact]
    public void Policies_that_differ_in_a_signed_number_are_one_rule()
    {
        var policies = Enumerable.Range(-100, 200).Select(i => new Policy { Name = $"p{i}", Hooks = [Hook("getpgid", [new ValueSpec { Index = 0, Kind = ValueKind.Int32 }], new ValueCondition(0, new NumberPredicate([new NumberRange(i * 10, i * 10 + 1)])))] }).ToArray();
        using var probe = new EngineProbe(policies);
        _ = getpgid(-779);
        _ = getpgid(-778);
        _ = getpgid(91);
        _ = getpgid(92);
        probe.Events().Count.ShouldBe(2);
        probe.Plan.Hooks[0].Families.ShouldHaveSingleItem().Members.Count.ShouldBe(200);
    }

    static void Connect(string address, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Parse(address), port);
    }

    static HookRequest Hook(string syscall, ValueSpec[] values, Condition when) => new() { Target = new SyscallHook(syscall), Values = values, Rules = [new Rule { When = when }] };

    static ValueCondition Path(TextOperator comparison, string text) => new(0, new TextPredicate([new TextPattern(comparison, Encoding.UTF8.GetBytes(text))]));

    static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    [DllImport("libc")]
    static extern int getpgid(int pid);
}
