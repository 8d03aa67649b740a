using System.Collections;
using Skep.Agent.Configuration;

namespace Skep.Cli.Run;

/// <summary>
/// Where this host's agent is, for the verbs that look for one: as its configuration has it, which is read as <c>skep run</c> reads it. What is wrong
/// there with other options is the agent's to say.
/// </summary>
static class HostConfiguration
{
    const string Server = "server-address", State = "state-directory", Config = "config";

    /// <summary>The address of its socket.</summary>
    /// <exception cref="UserException">It serves no unix socket.</exception>
    public static string ServerAddress(IDictionary environment)
    {
        if (Find(Server, SettingKind.List, environment) is not { } setting) return $"unix:{CommonOptions.DefaultSocket}";
        return setting.Values.FirstOrDefault(address => ServerAddresses.TryParseSocket(address) is not null)
            ?? throw new UserException($"{setting.Place}: {Server}: {string.Join(", ", setting.Values)}: there is no unix socket; name one with --{Server}") { IsFinal = true };
    }

    /// <summary>Where it keeps its state.</summary>
    /// <exception cref="UserException">It keeps none.</exception>
    public static string StateDirectory(IDictionary environment)
    {
        if (Find(State, SettingKind.Value, environment) is not { } setting) return CommonOptions.DefaultStateDirectory;
        return setting.Values[0] is var directory and not "none" ? directory : throw new UserException($"{setting.Place}: {State}: none: nothing is recorded; name another one with --{State}");
    }

    static Setting? Find(string name, SettingKind kind, IDictionary environment)
    {
        var settings = new Settings(new Dictionary<string, SettingKind> { [name] = kind }, _ => []);
        var file = environment[Settings.VariableOf(Config)] as string ?? RunConfiguration.DefaultFile;
        if (file != "none")
        {
            if (File.Exists(file)) settings.ReadFile(file);
            RunConfiguration.ReadDropIns(settings, file);
        }
        settings.ReadEnvironment(environment);
        return settings.All.FirstOrDefault();
    }
}
