namespace Skep.Cli.Uninstall;

/// <summary>Something that Skep left in the file system.</summary>
/// <param name="What">What it is, for people, with its path.</param>
/// <param name="Remove">Takes it away.</param>
sealed record Trace(string What, Action Remove);
