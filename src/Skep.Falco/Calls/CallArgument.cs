namespace Skep.Falco.Calls;

/// <summary>An argument of a system call.</summary>
/// <param name="Name">What <c>evt.arg</c> calls it.</param>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Names">Names of its values; null when they have none.</param>
sealed record CallArgument(string Name, int Index, CallKind Kind, NumberNames? Names);
