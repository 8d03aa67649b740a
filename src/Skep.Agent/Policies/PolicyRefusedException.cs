namespace Skep.Agent.Policies;

/// <summary>A client's wish about policies that cannot be met.</summary>
sealed class PolicyRefusedException(PolicyRefusal reason, string message) : Exception(message)
{
    public PolicyRefusal Reason { get; } = reason;
}
