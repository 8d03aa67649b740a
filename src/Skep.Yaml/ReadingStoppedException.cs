namespace Skep.Yaml;

/// <summary>There is no use in going on with a file; its diagnostics say why.</summary>
sealed class ReadingStoppedException : Exception;
