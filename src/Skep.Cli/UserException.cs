namespace Skep.Cli;

/// <summary>Something that the user asked for cannot be done; the message is for them.</summary>
sealed class UserException(string message) : Exception(message)
{
    /// <summary>Whether it is no use to try again.</summary>
    public bool IsFinal { get; init; }
}
