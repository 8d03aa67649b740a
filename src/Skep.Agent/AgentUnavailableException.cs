namespace Skep.Agent;

/// <summary>The agent does not serve: it is about to start, or to end.</summary>
sealed class AgentUnavailableException(string message) : Exception(message);
