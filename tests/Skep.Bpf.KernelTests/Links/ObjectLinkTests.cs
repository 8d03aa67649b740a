using System.Net;
using System.Net.Sockets;
using System.Text;
using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Bpf.KernelTests.Links;

/// <summary>Programs compiled from C, attached: struct_ops, freplace, USDT arguments.</summary>
/// <remarks>What one test fires, a probe of another one would count: they run one after the other.</remarks>
[Collection("probed library")]
public class ObjectLinkTests
{
    const int TcpCongestion = 13, TcpLevel = 6;

    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    [KernelFact(KernelFeature.StructOps)]
    public void Struct_ops_without_a_link_is_chosen_by_setsockopt_until_disposed() => Congestion("plain", "skep_plain");

    [KernelFact(KernelFeature.StructOps, KernelFeature.StructOpsLink)]
    public void Struct_ops_with_a_link_is_chosen_by_setsockopt_until_disposed() => Congestion("linked", "skep_linked");

    [KernelFact(KernelFeature.StructOps, KernelFeature.StructOpsLink)]
    public void Struct_ops_link_tells_its_map_and_is_refused_under_a_name_that_is_taken()
    {
        using var first = LoadCongestion("linked");
        using var second = LoadCongestion("linked");
        using var links = first.AttachAll();
        var link = links.Links.ShouldHaveSingleItem().ShouldBeOfType<StructOpsLink>();
        link.GetInfo().ShouldBeOfType<StructOpsLinkInfo>().MapId.ShouldBe(first.Maps["linked"].GetInfo().Id);
        Should.Throw<BpfSyscallException>(() => second.AttachStructOps("linked")).Message.ShouldContain("this kind and name");
    }

    [KernelFact(KernelFeature.Freplace)]
    public void Freplace_changes_a_function_of_a_running_program()
    {
        using var target = BpfObject.LoadFile(Fixture("replace.bpf.o"));
        var frame = new byte[64];
        target.Programs["ask"].TestRun(frame).ReturnValue.ShouldBe(2U);
        var spec = ObjectSpec.FromFile(Fixture("replace.bpf.o"));
        spec.Programs["ask"].AutoLoad = false;
        spec.Programs["deny"].AutoLoad = true;
        spec.Programs["deny"].TargetProgram = target.Programs["ask"];
        using var replacement = BpfObject.Load(spec);
        using (var link = replacement.Programs["deny"].Attach())
        {
            link.ShouldBeOfType<FreplaceLink>();
            target.Programs["ask"].TestRun(frame).ReturnValue.ShouldBe(1U);
        }
        target.Programs["ask"].TestRun(frame).ReturnValue.ShouldBe(2U);
    }

    [KernelFact]
    public void Usdt_arguments_are_read_from_register_memory_and_constant()
    {
        using var loaded = BpfObject.LoadFile(Fixture("usdt.bpf.o"));
        using var link = UsdtLink.Attach(loaded.Programs["note_arguments"], ProbedLibrary.Path, "skeptest", "fired", new UsdtOptions
        {
            ProcessId = Environment.ProcessId, Cookie = 0xabcdef, Specs = loaded.UsdtSpecs,
        });
        ProbedLibrary.Fire(-7, -1234);
        loaded.Variables["runs"].Get<ulong>().ShouldBe(1UL);
        loaded.Variables["count"].Get<long>().ShouldBe(3);
        loaded.Variables["cookie"].Get<ulong>().ShouldBe(0xabcdefUL);
        loaded.Variables["arguments"].Get<Arguments>().ShouldBe(new Arguments(-7, -1234, 42));
        ProbedLibrary.FireAgain(99, 5);
        loaded.Variables["arguments"].Get<Arguments>().ShouldBe(new Arguments(100, 5, 42));
    }

    [KernelFact]
    public void AttachAll_attaches_each_program_by_its_section()
    {
        using var loaded = BpfObject.LoadFile(Fixture("execsnoop.bpf.o"));
        using var links = loaded.AttachAll();
        links.Links.Count.ShouldBe(loaded.Programs.Count);
        links.Links.ShouldAllBe(l => l.IsKernelLink);
    }

    static void Congestion(string instance, string name)
    {
        using var loaded = LoadCongestion(instance);
        using (loaded.AttachStructOps(instance))
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.SetRawSocketOption(TcpLevel, TcpCongestion, Encoding.ASCII.GetBytes(name));
            client.Connect(listener.LocalEndPoint!);
            using var server = listener.Accept();
            var buffer = new byte[64 * 1024];
            for (var i = 0; i < 8; i++)
            {
                client.Send(buffer);
                for (var received = 0; received < buffer.Length;) received += server.Receive(buffer);
            }
            loaded.Variables["connections"].Get<ulong>().ShouldBeGreaterThan(0UL);
            TestSockets.Eventually(() => loaded.Variables["acknowledgements"].Get<ulong>() > 0).ShouldBeTrue();
        }
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        TestSockets.Eventually(() => TestSockets.ErrnoOf(() => late.SetRawSocketOption(TcpLevel, TcpCongestion, Encoding.ASCII.GetBytes(name))) != 0).ShouldBeTrue();
    }

    static BpfObject LoadCongestion(string instance)
    {
        var spec = ObjectSpec.FromFile(Fixture("congestion.bpf.o"));
        spec.Maps[instance].AutoCreate = true;
        return BpfObject.Load(spec);
    }

    readonly record struct Arguments(long First, long Second, long Third);
}
