using Skep.Tetragon.Api;

namespace Skep.Agent.Health;

/// <summary>Something that the agent can do, not as well as it could, or not.</summary>
/// <param name="Name">What it is.</param>
/// <param name="State">How well it works.</param>
/// <param name="Reason">Why it is not on, and what happens instead.</param>
public sealed record AbilityStatus(string Name, AbilityState State, string Reason = "");
