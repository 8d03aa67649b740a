using System.CommandLine;
using Skep.Cli.Output;
using Skep.Cli.Run;

namespace Skep.Cli.Uninstall;

/// <summary><c>skep uninstall</c>: takes away what an agent left on this host.</summary>
static class UninstallCommand
{
    public static Command Create()
    {
        var stop = new Option<bool>("--stop") { Description = "Ask a running agent to end first, instead of refusing." };
        var purge = new Option<bool>("--purge") { Description = "Remove the configuration and the policies beside it too." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be removed, and remove nothing." };
        var verify = new Option<bool>("--verify") { Description = "Look afterwards whether anything is left, in the kernel and on disk; if so, list it and end with 1." };
        var unit = new Option<string>("--unit-file") { Description = "The service's unit.", HelpName = "file", DefaultValueFactory = _ => Installation.DefaultUnitFile };
        var format = CommonOptions.Format();
        // Where the agent was told so, its configuration tells us.
        var places = ((string Name, string Value)[])[("--config", "file|none"), ("--pin-directory", "directory|none"), ("--state-directory", "directory|none"), ("--server-address", "unix:path|none")];
        var named = places.Select(p => new Option<string?>(p.Name) { Description = "As given to skep run; without it, what is configured.", HelpName = p.Value }).ToList();
        var command = new Command("uninstall", "Remove what an agent left: pinned programs and maps, socket, state, unit. The binary stays.") { stop, purge, dryRun, verify, unit, format };
        foreach (var option in named) command.Add(option);
        command.SetAction(parsed =>
        {
            var said = named.Where(o => parsed.GetValue(o) is not null).SelectMany(o => (string[])[o.Name, parsed.GetValue(o)!]);
            var (configuration, options) = RunCommand.Configured(said);
            var isJson = parsed.GetValue(format) == OutputFormat.Json;
            var uninstallation = new Uninstallation(isJson ? TextWriter.Null : Console.Out)
            {
                Installation = new Installation
                {
                    PinDirectory = options.Engine.PinDirectory,
                    StateDirectory = options.StateDirectory,
                    Socket = options.Api.Socket,
                    UnitFile = parsed.GetValue(unit)!,
                    ConfigurationFile = configuration,
                    WithConfiguration = parsed.GetValue(purge),
                },
                StopsAgent = parsed.GetValue(stop),
                IsDryRun = parsed.GetValue(dryRun),
                Verifies = parsed.GetValue(verify),
            };
            try
            {
                return uninstallation.Run();
            }
            finally
            {
                // Also what was removed before something could not be.
                if (isJson) Json.Print(uninstallation.Report, Json.Default.UninstallReport);
            }
        });
        return command;
    }
}
