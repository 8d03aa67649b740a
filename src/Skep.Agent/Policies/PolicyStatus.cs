using Skep.Engine.Runtime;

namespace Skep.Agent.Policies;

/// <summary>A policy as it stands.</summary>
/// <param name="Stored">What is wanted.</param>
/// <param name="Acts">Whether it does more than tell.</param>
/// <param name="Loaded">What is in force, and what it did; null when it is not.</param>
sealed record PolicyStatus(StoredPolicy Stored, bool Acts, PolicyStatistics? Loaded);
