namespace Skep.Agent.Health;

/// <summary>Events that were lost for one cause.</summary>
/// <param name="Cause">A name that stays, for programs.</param>
/// <param name="Description">What happened, for people.</param>
/// <param name="Events">How many.</param>
public sealed record LossCount(string Cause, string Description, long Events);
