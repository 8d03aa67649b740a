namespace Skep.Agent.Configuration;

/// <summary>A value that somebody wrote down for an option of the agent.</summary>
/// <param name="Name">The option's name, without dashes in front.</param>
/// <param name="Values">As an argument on the command line would be written; of a list all of them.</param>
/// <param name="Place">Where it was written.</param>
public sealed record Setting(string Name, IReadOnlyList<string> Values, SettingPlace Place);
