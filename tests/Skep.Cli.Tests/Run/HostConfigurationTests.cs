using Shouldly;
using Skep.Cli.Run;
using Xunit;

namespace Skep.Cli.Tests.Run;

/// <summary>Where verbs find the agent of this host.</summary>
public sealed class HostConfigurationTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("skep-configuration-").FullName;

    string File => Path.Combine(_directory, "skep.yaml");

    [Fact]
    public void Agent_is_where_the_last_place_says_and_else_where_it_is_by_default()
    {
        Server().ShouldBe("unix:/run/skep/skep.sock");
        State().ShouldBe("/var/lib/skep");
        System.IO.File.WriteAllText(File, "server-address: [127.0.0.1:54321, unix:/a.sock]\nstate-directory: /a\noutput: json\nnonsense: 1\n");
        (Server(), State()).ShouldBe(("unix:/a.sock", "/a"));
        Directory.CreateDirectory(Path.Combine(_directory, "conf.d"));
        System.IO.File.WriteAllText(Path.Combine(_directory, "conf.d", "server-address"), "/b.sock\n");
        Server().ShouldBe("/b.sock");
        (Server(("SKEP_SERVER_ADDRESS", "unix:/c.sock")), State(("SKEP_STATE_DIRECTORY", "/c"))).ShouldBe(("unix:/c.sock", "/c"));
        HostConfiguration.ServerAddress(new Dictionary<string, string> { ["SKEP_CONFIG"] = "none" }).ShouldBe("unix:/run/skep/skep.sock");
    }

    [Fact]
    public void Agent_without_socket_or_state_is_told_with_the_place_that_says_so()
    {
        System.IO.File.WriteAllText(File, "\nserver-address: none\nstate-directory: none\n");
        Should.Throw<UserException>(() => Server()).Message.ShouldStartWith($"{File}:2:1: server-address: none: ");
        Should.Throw<UserException>(() => State()).Message.ShouldStartWith($"{File}:3:1: state-directory: none: ");
        Should.Throw<UserException>(() => Server(("SKEP_SERVER_ADDRESS", "127.0.0.1:1"))).Message.ShouldStartWith("SKEP_SERVER_ADDRESS: server-address: 127.0.0.1:1: ");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    string Server(params (string, string)[] environment) => HostConfiguration.ServerAddress(With(environment));

    string State(params (string, string)[] environment) => HostConfiguration.StateDirectory(With(environment));

    Dictionary<string, string> With((string Name, string Value)[] environment)
    {
        var all = environment.ToDictionary(e => e.Name, e => e.Value);
        all["SKEP_CONFIG"] = File;
        return all;
    }
}
