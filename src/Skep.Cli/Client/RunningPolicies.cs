using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Skep.Cli.Output;
using Skep.Tetragon.Api;

namespace Skep.Cli.Client;

/// <summary>The verbs of <c>skep policy</c> that manage a running agent.</summary>
static class RunningPolicies
{
    public static Command CreateList()
    {
        var format = CommonOptions.Format();
        var domain = Domain();
        return new Command("list", "List the policies of a running agent.") { format, domain }.Does(async (client, parsed, cancellation) =>
        {
            var listed = await client.Sensors.ListTracingPoliciesAsync(new ListTracingPoliciesRequest { Domain = parsed.GetValue(domain) }, cancellationToken: cancellation);
            var rows = listed.Policies.Select(PolicyRow.From).ToList();
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                Json.Print(rows, Json.Default.ListPolicyRow);
                return;
            }
            var table = Terminal.NewTable("id#", "name", "namespace", "domain", "state", "mode", "hooks#", "error");
            foreach (var row in rows)
            {
                table.AddPlainRow(row.Id.ToString(CultureInfo.InvariantCulture), row.Name, row.Namespace ?? "", row.Domain, row.State, row.Mode, row.Hooks.Count.ToString(CultureInfo.InvariantCulture), row.Error ?? "");
            }
            Terminal.Write(table);
        });
    }

    public static Command CreateAdd()
    {
        var files = new Argument<string[]>("file") { Description = "Policy files; - for standard input.", Arity = ArgumentArity.OneOrMore };
        var domain = Domain();
        return new Command("add", "Put policies in force in a running agent.") { files, domain }.Does(async (client, parsed, cancellation) =>
        {
            foreach (var file in parsed.GetValue(files)!)
            {
                if (Directory.Exists(file)) throw new UserException($"{file} is a directory: name the files in it");
                var text = file == "-" ? await Console.In.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(file, cancellation);
                try
                {
                    await client.Sensors.AddTracingPolicyAsync(new AddTracingPolicyRequest { Yaml = text, Domain = parsed.GetValue(domain) }, cancellationToken: cancellation);
                }
                catch (RpcException error) when (error.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition)
                {
                    throw new UserException(InFile(error.Status.Detail, file));
                }
            }
        });
    }

    /// <summary>The agent does not know what its client calls a text.</summary>
    static string InFile(string errors, string file)
    {
        const string Unnamed = "policy:";
        return string.Join('\n', errors.Split('\n').Select(line => line.StartsWith(Unnamed, StringComparison.Ordinal) ? $"{file}:{line[Unnamed.Length..]}" : line));
    }

    public static Command CreateRemove()
    {
        var (name, @namespace, domain) = Names();
        return new Command("remove", "Remove policies that were added to a running agent.") { name, @namespace, domain }.Does(async (client, parsed, cancellation) =>
        {
            foreach (var policy in parsed.GetValue(name)!)
            {
                await client.Sensors.DeleteTracingPolicyAsync(
                    new DeleteTracingPolicyRequest { Name = policy, Namespace = parsed.GetValue(@namespace), Domain = parsed.GetValue(domain) }, cancellationToken: cancellation);
            }
        });
    }

    public static Command CreateMode()
    {
        var (name, @namespace, domain) = Names();
        var mode = new Argument<string>("mode") { Description = "enforce or monitor." };
        mode.AcceptOnlyFromAmong("enforce", "monitor");
        return new Command("mode", "Make policies of a running agent act, or only report what they would have done.") { mode, name, @namespace, domain }.Does(async (client, parsed, cancellation) =>
        {
            foreach (var policy in parsed.GetValue(name)!)
            {
                await client.Sensors.ConfigureTracingPolicyAsync(new ConfigureTracingPolicyRequest
                {
                    Name = policy,
                    Namespace = parsed.GetValue(@namespace),
                    Domain = parsed.GetValue(domain),
                    Mode = parsed.GetValue(mode) == "enforce" ? TracingPolicyMode.TpModeEnforce : TracingPolicyMode.TpModeMonitor,
                }, cancellationToken: cancellation);
            }
        });
    }

    public static Command CreateSwitch(string verb, string description, bool isEnabled)
    {
        var (name, @namespace, domain) = Names();
        return new Command(verb, description) { name, @namespace, domain }.Does(async (client, parsed, cancellation) =>
        {
            foreach (var policy in parsed.GetValue(name)!)
            {
                await client.Sensors.ConfigureTracingPolicyAsync(
                    new ConfigureTracingPolicyRequest { Name = policy, Namespace = parsed.GetValue(@namespace), Domain = parsed.GetValue(domain), Enable = isEnabled }, cancellationToken: cancellation);
            }
        });
    }

    static (Argument<string[]> Name, Option<string> Namespace, Option<string> Domain) Names() =>
        (new Argument<string[]>("name") { Description = "Names of policies.", Arity = ArgumentArity.OneOrMore },
            new Option<string>("--namespace", "-n") { Description = "Their namespace; without it, that of policies of the whole host.", HelpName = "name", DefaultValueFactory = _ => "" },
            Domain());

    static Option<string> Domain() => new("--domain") { Description = "Only policies of this origin: static for files, grpc for clients, or a client's own.", HelpName = "name", DefaultValueFactory = _ => "" };
}
