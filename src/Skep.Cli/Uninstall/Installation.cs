namespace Skep.Cli.Uninstall;

/// <summary>Where an agent leaves things on a host.</summary>
sealed record Installation
{
    public const string DefaultUnitFile = "/etc/systemd/system/skep.service", RuntimeDirectory = "/run/skep";

    public string? PinDirectory { get; init; }

    public string? StateDirectory { get; init; }

    public string? Socket { get; init; }

    public required string UnitFile { get; init; }

    /// <summary>The file of options; null for none.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>Whether the configuration goes too.</summary>
    public bool WithConfiguration { get; init; }
}
