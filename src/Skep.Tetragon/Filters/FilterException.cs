namespace Skep.Tetragon.Filters;

/// <summary>A filter that is wrong. The message names the member and says what is expected.</summary>
public sealed class FilterException(string message, Exception? inner = null) : FormatException(message, inner);
