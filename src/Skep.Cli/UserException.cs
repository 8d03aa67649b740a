namespace Skep.Cli;

/// <summary>Something that the user asked for cannot be done; the message is for them.</summary>
sealed class UserException(string message) : Exception(message);
