namespace Skep.Agent.Health;

/// <summary>What the agent may take; more is told.</summary>
/// <param name="Cpu">Share of all processors of the machine, from 0 to 1.</param>
/// <param name="Memory">Resident bytes.</param>
public sealed record ResourceBudget(double Cpu = 0.02, long Memory = 80_000_000);
