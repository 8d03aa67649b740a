namespace Skep.Falco.Conditions;

/// <summary>A condition or an output is wrong.</summary>
sealed class ConditionException(int at, string message) : Exception(message)
{
    /// <summary>Where in its text, from 0.</summary>
    public int At { get; } = at;
}
