using System.CommandLine;
using System.Runtime.InteropServices;
using Skep.Agent;
using Skep.Agent.Containers;
using Skep.Agent.Events;
using Skep.Cli.Output;
using Skep.Engine.Processes;
using Skep.Engine.Recording;
using Skep.Engine.Runtime;

namespace Skep.Cli.Run;

/// <summary><c>skep run</c>: the agent in the foreground.</summary>
static class RunCommand
{
    const string DefaultPinDirectory = "/sys/fs/bpf/skep", DefaultPolicyDirectory = $"/etc/skep/{RunConfiguration.Policies}";

    public static Command Create() => Build().Command;

    /// <summary>What an agent would be asked to do with these arguments here, and the file of options that says so; null for none.</summary>
    /// <exception cref="UserException">The configuration has errors.</exception>
    public static (string? File, AgentOptions Options) Configured(IEnumerable<string> arguments)
    {
        var (command, read) = Build();
        var (configured, options) = read(new RootCommand { command }.Parse([command.Name, .. arguments]));
        return (configured.File, options);
    }

    static (Command Command, Func<ParseResult, (ConfiguredRun Configured, AgentOptions Options)> Read) Build()
    {
        var policies = new Option<string[]>("--file", "-f")
        {
            Description = "A policy file, or a directory of them; may be given several times. Without any, executions and exits are shown.",
            HelpName = "file|directory",
            AllowMultipleArgumentsPerToken = false,
            DefaultValueFactory = _ => [],
        };
        var policyDirectory = new Option<string>("--policy-directory")
        {
            Description = "A directory of policies beside --file; 'none' for none. The default one need not exist.",
            HelpName = "directory|none",
            DefaultValueFactory = _ => DefaultPolicyDirectory,
        };
        var rules = new Option<string[]>("--rules", "-r")
        {
            Description = "Falco's rules, files or directories; may be given more than once. When there is nothing else to load, alerts alone are printed.",
            HelpName = "file|directory",
            DefaultValueFactory = _ => [],
        };
        var matching = new Option<string>("--rule-matching") { Description = "Whether an event raises an alert for the first rule that it matches, or for all.", HelpName = "first|all", DefaultValueFactory = _ => "first" };
        matching.AcceptOnlyFromAmong("first", "all");
        var noWatch = new Option<bool>("--no-watch") { Description = "Read policies again only when told so (SIGHUP), not whenever their files change." };
        var format = new Option<EventFormat>("--output", "-o")
        {
            Description = "How to print events: compact, one line for people; json, Tetragon's export format, or none, when a file or clients have them.",
            HelpName = "compact|json|none",
            DefaultValueFactory = _ => EventFormat.Compact,
        };
        var bestEffort = new Option<bool>("--best-effort") { Description = "Load the hooks that this kernel can give and leave out the others, instead of refusing a policy." };
        var privileges = new Option<bool>("--privileges") { Description = "Print credentials and namespaces of processes." };
        var buildIds = new Option<bool>("--stack-build-ids") { Description = "Print the build ids of files with stacks of processes (userStackTrace), as build_id." };
        var environment = new Option<int>("--environment") { Description = "Print up to this many bytes of the environment of executions.", HelpName = "bytes" };
        var arguments = new Option<int>("--arguments")
        {
            Description = "Print up to this many bytes of the arguments of executions.",
            HelpName = "bytes",
            DefaultValueFactory = _ => new EngineOptions().ArgumentLimit,
        };
        var processMemory = new Option<long>("--process-memory")
        {
            Description = "Bytes for what is remembered of processes, at least 65536. When they are used up, ended processes are forgotten first, then arguments.",
            HelpName = "bytes",
            DefaultValueFactory = _ => new ProcessTreeOptions().MemoryCap,
        };
        processMemory.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() < ProcessTreeOptions.MinimumMemoryCap) result.AddError($"--process-memory: at least {ProcessTreeOptions.MinimumMemoryCap} bytes");
        });
        var pins = new Option<string>("--pin-directory")
        {
            Description = "Where the engine is pinned, so that enforcement goes on when the agent is killed and the next one takes over; 'none' to end with the agent.",
            HelpName = "directory|none",
            DefaultValueFactory = _ => DefaultPinDirectory,
        };
        var state = new Option<string>("--state-directory")
        {
            Description = "Where the agent keeps what it is to know after a restart: policies that clients added, and the last events; 'none' to keep nothing.",
            HelpName = "directory|none",
            DefaultValueFactory = _ => CommonOptions.DefaultStateDirectory,
        };
        var node = new Option<string>("--node-name")
        {
            Description = "What events call this node; in a container the host's name is not known otherwise.",
            HelpName = "name",
            DefaultValueFactory = _ => Environment.MachineName,
        };
        var cluster = new Option<string>("--cluster-name") { Description = "What events call the node's cluster.", HelpName = "name", DefaultValueFactory = _ => "" };
        var runtimes = new Option<string[]>("--cri-endpoint")
        {
            Description = "Sockets of container runtimes (CRI) that are asked for labels of pods, if they are there; 'none' to ask nobody; may be given several times.",
            HelpName = "unix:path|none",
            DefaultValueFactory = _ => [.. RuntimeSockets.Usual.Select(path => $"unix:{path}")],
        };
        runtimes.Validators.Add(result =>
        {
            foreach (var endpoint in result.Tokens.Select(token => token.Value))
            {
                if (endpoint != "none" && !RuntimeSockets.TryPath(endpoint, out _)) result.AddError($"--cri-endpoint: '{endpoint}' is neither unix:/PATH nor none");
            }
        });
        var keep = new Option<bool>("--keep") { Description = "Leave policies in force at the end, until the next agent takes over." };
        var server = new Option<string[]>("--server-address")
        {
            Description = "Where clients are served: unix:PATH for root and the agent's own user, ADDRESS:PORT for clients with a certificate, 'none' for nowhere; may be given twice.",
            HelpName = "unix:path|address:port|none",
            DefaultValueFactory = _ => [$"unix:{CommonOptions.DefaultSocket}"],
        };
        var certificate = new Option<string>("--tls-cert-file") { Description = "The server's certificate for TCP, in PEM.", HelpName = "file", DefaultValueFactory = _ => "" };
        var key = new Option<string>("--tls-key-file") { Description = "The key of that certificate.", HelpName = "file", DefaultValueFactory = _ => "" };
        var authorities = new Option<string>("--tls-client-ca-files") { Description = "Certificates of those who sign clients' certificates, in PEM.", HelpName = "file", DefaultValueFactory = _ => "" };
        var recorder = RecorderSize();
        var duration = CommonOptions.Duration();
        var command = new Command("run", "Run the agent in the foreground: load policies, print their events and every execution and exit of this host.")
        {
            policies, policyDirectory, rules, matching, noWatch, format, bestEffort, privileges, buildIds, environment, arguments, processMemory, pins, state, recorder, keep, node, cluster, runtimes, server, certificate, key, authorities, duration,
        };
        var export = new ExportFlags(command);
        var health = new HealthFlags(command);
        var print = new Option<bool>("--print-config") { Description = "Print the options that hold, where each was said, and start nothing." };
        command.Add(print);
        var configuration = new RunConfiguration(command, print);
        command.SetAction((given, cancellation) => SkepCommand.OnOwnThread(() =>
        {
            var (configured, options) = Read(given);
            if (!configured.Parsed.GetValue(print)) return Run(options, cancellation);
            configured.Print(Console.Out);
            return SkepCommand.Success;
        }));
        return (command, Read);

        (ConfiguredRun, AgentOptions) Read(ParseResult given)
        {
            var configured = configuration.Read(given, Environment.GetEnvironmentVariables(), Console.Error);
            var parsed = configured.Parsed;
            string[] directory = parsed.GetValue(policyDirectory) is { } named and not "none" ? [named] : [];
            return (configured, new AgentOptions
            {
                Policies = [.. parsed.GetValue(policies)!, .. configured.IsSaid(policyDirectory) ? directory : [], .. parsed.GetValue(rules)!],
                MatchesAllRules = parsed.GetValue(matching) == "all",
                PrintsEvents = parsed.GetValue(rules)!.Length == 0 || parsed.GetValue(policies)!.Length > 0,
                OptionalPolicies = configured.IsSaid(policyDirectory) ? [] : directory,
                WatchesPolicies = !parsed.GetValue(noWatch),
                Format = parsed.GetValue(format),
                UsesColour = Terminal.UsesColour,
                Duration = parsed.GetValue(duration),
                StateDirectory = parsed.GetValue(state) is var kept and not "none" ? kept : null,
                RecorderSize = parsed.GetValue(recorder),
                RuntimeSockets = [.. parsed.GetValue(runtimes)!.Select(endpoint => RuntimeSockets.TryPath(endpoint, out var path) ? path : "").Where(path => path.Length > 0)],
                NodeName = parsed.GetValue(node)!,
                ClusterName = parsed.GetValue(cluster)!,
                WithPrivileges = parsed.GetValue(privileges),
                WithBuildIds = parsed.GetValue(buildIds),
                ExportFile = export.FileOf(parsed),
                Redactor = export.RedactorOf(parsed),
                MetricsAddress = health.MetricsAddressOf(parsed),
                Budget = health.BudgetOf(parsed),
                ShowsHealth = parsed.GetValue(format) == EventFormat.Compact && Terminal.IsInteractive,
                Api = ServerAddresses.Parse(parsed.GetValue(server)!) with
                {
                    CertificateFile = parsed.GetValue(certificate)!, KeyFile = parsed.GetValue(key)!, ClientAuthorityFile = parsed.GetValue(authorities)!,
                },
                Engine = new EngineOptions
                {
                    BestEffort = parsed.GetValue(bestEffort),
                    ArgumentLimit = parsed.GetValue(arguments),
                    EnvironmentLimit = parsed.GetValue(environment),
                    Processes = new ProcessTreeOptions { MemoryCap = parsed.GetValue(processMemory) },
                    PinDirectory = parsed.GetValue(pins) is var pinned and not "none" ? pinned : null,
                    KeepsInForce = parsed.GetValue(keep),
                },
            });
        }
    }

    static Option<long> RecorderSize() => new("--recorder-size")
    {
        Description = "Keep the last events below the state directory, this much of them: 64M, 2G; 0 to record nothing.",
        HelpName = "bytes",
        DefaultValueFactory = _ => RecorderOptions.DefaultSize,
        CustomParser = result =>
        {
            if (!CommonOptions.TryParseSize(result.Tokens[0].Value, out var bytes)) result.AddError($"--recorder-size: '{result.Tokens[0].Value}' is no size: write 64M or 2G");
            else if (bytes is > 0 and < RecorderOptions.SmallestSize) result.AddError("--recorder-size: at least 1M, or 0 for nothing");
            return bytes;
        },
    };

    static int Run(AgentOptions options, CancellationToken cancellation)
    {
        using var output = StandardOutput.Open();
        using var agent = PolicyAgent.Start(options, output, Console.Error);
        if (agent is null) return SkepCommand.Failure;
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            agent.Reload();
        });
        agent.Run(cancellation);
        return SkepCommand.Success;
    }
}
