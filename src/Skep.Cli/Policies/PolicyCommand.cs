using System.CommandLine;
using Skep.Agent.Policies;
using Skep.Cli.Client;
using Skep.Cli.Output;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;

namespace Skep.Cli.Policies;

/// <summary><c>skep policy</c>: what policies say, and what becomes of them here.</summary>
static class PolicyCommand
{
    public static Command Create() => new("policy", "Check and explain policies, and manage those of a running agent.")
    {
        CreateCheck(), ExplainCommand.Create(), TryCommand.Create(), RunningPolicies.CreateList(), RunningPolicies.CreateAdd(), RunningPolicies.CreateRemove(), RunningPolicies.CreateMode(), PolicyStatisticsCommand.Create(),
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

    static Command CreateCheck()
    {
        var files = Files();
        var command = new Command("check", "Read policies and print every error in them, with file, line and column; nothing is loaded.") { files };
        command.SetAction(parsed =>
        {
            var good = TryLoad(parsed.GetValue(files)!, out var policies);
            foreach (var policy in policies.Policies)
            {
                var errors = PolicyCheck.Check(policy);
                foreach (var error in errors) Console.Error.WriteLine(error);
                good &= errors.Count == 0;
                if (errors.Count > 0) continue;
                Terminal.WriteLine($"{(policy.Namespace.Length > 0 ? policy.Namespace + "/" : "")}{policy.Name}: {policy.Hooks.Count} hook{(policy.Hooks.Count == 1 ? "" : "s")}");
            }
            return good ? SkepCommand.Success : SkepCommand.Failure;
        });
        return command;
    }
}
