namespace Skep.Cli.Uninstall;

/// <summary>Something that Skep left in the file system.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Remove">Takes it away.</param>
sealed record Trace(string Kind, string Path, Action Remove)
{
    public const string Pins = "pins";

    /// <summary>What it is, for people.</summary>
    public string What => Kind == Pins ? $"pinned programs, maps and links in {Path}" : $"{Kind} {Path}";
}
