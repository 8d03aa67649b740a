using System.CommandLine;
using Skep.Agent.Policies;
using Skep.Cli.Client;
using Skep.Engine.Rules;

namespace Skep.Cli.Policies;

/// <summary><c>skep policy</c>: what policies say, and what becomes of them here.</summary>
static class PolicyCommand
{
    public static Command Create() => new("policy", "Check and explain policies, and manage those of a running agent.")
    {
        CheckCommand.Create(), ExplainCommand.Create(), TryCommand.Create(), RunningPolicies.CreateList(), RunningPolicies.CreateAdd(), RunningPolicies.CreateRemove(), RunningPolicies.CreateMode(), PolicyStatisticsCommand.Create(),
        RunningPolicies.CreateSwitch("enable", "Load a policy again that was disabled.", isEnabled: true), RunningPolicies.CreateSwitch("disable", "Unload a policy, and keep it.", isEnabled: false),
    };

    public static Argument<string[]> Files() => new("file") { Description = "Policy files, or directories of them.", Arity = ArgumentArity.OneOrMore };

    /// <summary>Reads policies and prints what is wrong with them; false when something is.</summary>
    public static bool TryLoad(string[] paths, out PolicySet policies)
    {
        policies = PolicySet.Load(paths);
        foreach (var diagnostic in policies.Diagnostics) Console.Error.WriteLine(diagnostic);
        return !policies.Diagnostics.Any(d => d.Severity == Severity.Error);
    }
}
