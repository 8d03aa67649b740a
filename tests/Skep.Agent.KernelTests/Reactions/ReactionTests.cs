using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Testing;
using Xunit;

namespace Skep.Agent.KernelTests.Reactions;

/// <summary>What the agent does outside of the kernel when a rule has matched.</summary>
[Collection("this kernel")]
[Trait("Kernel", "any")]
public class ReactionTests
{
    [KernelFact]
    public void Page_is_fetched_once_for_each_event()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var asked = new List<string>();
        var serving = Task.Run(() =>
        {
            for (var i = 0; i < 2; i++)
            {
                using var client = server.AcceptTcpClient();
                using var reader = new StreamReader(client.GetStream());
                lock (asked) asked.Add(reader.ReadLine() ?? "");
                client.GetStream().Write("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8);
            }
        });
        using var directory = new TemporaryDirectory();
        var path = directory.File("watched");
        File.WriteAllText(path, "");
        using var agent = Agent(directory, path, $"{{action: GetUrl, argUrl: \"http://127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}/hit?by=skep\"}}");
        for (var i = 0; i < 2; i++) File.ReadAllText(path);
        serving.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue(agent.Messages);
        asked.ShouldBe(["GET /hit?by=skep HTTP/1.1", "GET /hit?by=skep HTTP/1.1"]);
        agent.AwaitEvent("process_kprobe", e => e.GetProperty("action").GetString() == "KPROBE_ACTION_GETURL");
    }

    [KernelFact]
    public void Failures_are_counted_and_said_and_events_go_on()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        using var directory = new TemporaryDirectory();
        var path = directory.File("watched");
        File.WriteAllText(path, "");
        using var agent = Agent(directory, path, $"{{action: GetUrl, argUrl: \"http://127.0.0.1:{port}/\"}}, {{action: DnsLookup, argFqdn: localhost}}");
        File.ReadAllText(path);
        agent.AwaitMessage("GetUrl and DnsLookup: 1 done, 1 failed, 0 not tried");
        agent.Messages.ShouldContain($"last failure: http://127.0.0.1:{port}/");
        File.ReadAllText(path);
        agent.AwaitMessage("2 done, 2 failed");
        agent.Events("process_kprobe").Count(e => e.GetProperty("action").GetString() == "KPROBE_ACTION_DNSLOOKUP").ShouldBe(2);
    }

    static AgentProcess Agent(TemporaryDirectory directory, string path, string actions)
    {
        var policy = directory.File("policy.yaml");
        File.WriteAllText(policy, PolicyText.AboutOpening(path, $"matchActions: [{actions}]"), Encoding.UTF8);
        return AgentProcess.Start("--pin-directory", "none", "-f", policy);
    }
}
