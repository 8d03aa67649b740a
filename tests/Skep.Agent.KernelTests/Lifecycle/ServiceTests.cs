using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>What the service manager hears of <c>skep run</c>.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public sealed class ServiceTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public static TheoryData<bool> Kinds => [false, true];

    [KernelTheory]
    [MemberData(nameof(Kinds))]
    public void Service_manager_hears_of_start_reload_life_and_end(bool isAbstract)
    {
        var name = isAbstract ? $"@skep-notify-{Environment.ProcessId}" : _directory.File("notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name[1..] : name));
        File.WriteAllText(_directory.File("policy.yaml"), PolicyFile.KillsOpenerOf(_directory.File("forbidden")));
        using var agent = AgentProcess.Start(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = name, ["WATCHDOG_USEC"] = "200000" }, "-f", _directory.File("policy.yaml"), "--pin-directory", "none", "--no-watch");
        Receive().ShouldBe("READY=1\nSTATUS=1 policies, 0 events lost");
        for (var i = 0; i < 3; i++) Receive().ShouldBe("WATCHDOG=1");
        var before = Microseconds();
        File.WriteAllText(_directory.File("policy.yaml"), "kind: Nonsense\n");
        agent.Signal(1);
        var reloading = ReceiveOther();
        reloading.ShouldStartWith("RELOADING=1\nMONOTONIC_USEC=");
        long.Parse(reloading[(reloading.LastIndexOf('=') + 1)..]).ShouldBeInRange(before, Microseconds());
        ReceiveOther().ShouldBe("READY=1\nSTATUS=1 policies, 0 events lost; files of policies have errors: those before stay in force");
        // An engine that hangs is silent; stopped processes are as hung as any.
        agent.Signal(19);
        Thread.Sleep(300);
        while (socket.Available > 0) Receive();
        Thread.Sleep(600);
        socket.Available.ShouldBe(0);
        agent.Signal(18);
        Receive().ShouldBe("WATCHDOG=1");
        agent.Signal(2);
        ReceiveOther().ShouldBe("STOPPING=1");
        agent.Stop();
        agent.ExitCode.ShouldBe(0);

        static long Microseconds() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);

        string ReceiveOther()
        {
            while (true)
            {
                if (Receive() is var state and not "WATCHDOG=1") return state;
            }
        }

        string Receive()
        {
            var buffer = new byte[4096];
            return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
        }
    }

    [KernelFact]
    public void Socket_that_nobody_reads_costs_a_warning_only()
    {
        using var agent = AgentProcess.Start(new Dictionary<string, string> { ["NOTIFY_SOCKET"] = _directory.File("nobody") }, "--pin-directory", "none");
        agent.AwaitMessage("the service manager cannot be told");
        agent.Stop();
        agent.ExitCode.ShouldBe(0);
    }

    public void Dispose() => _directory.Dispose();
}
