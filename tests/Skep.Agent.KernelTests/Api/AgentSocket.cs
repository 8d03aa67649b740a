using System.Diagnostics;
using Skep.Agent.KernelTests.Enforcement;
using Skep.Agent.KernelTests.Lifecycle;
using Skep.Cli.Client;

namespace Skep.Agent.KernelTests.Api;

/// <summary>Agents that serve a socket of their own, in a directory of its own, and who asks them there.</summary>
sealed class AgentSocket : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public string Path => File("skep.sock");

    public string Address => $"unix:{Path}";

    /// <summary>A file beside it.</summary>
    public string File(string name) => _directory.File(name);

    /// <summary>Starts an agent and waits until it is ready.</summary>
    public AgentProcess Agent(params string[] more) => AgentProcess.Start([.. more, "--pin-directory", "none", "--server-address", Address]);

    public AgentClient Client() => AgentClient.Find(Address);

    /// <summary>Runs a verb that asks the agent to its end.</summary>
    public ChildProcess Run(params string[] verb) => SkepVerb.Run([.. verb, "--server-address", Address]);

    public Process Start(params string[] verb) => SkepVerb.Start([.. verb, "--server-address", Address]);

    public void Dispose() => _directory.Dispose();
}
