namespace Skep.Yaml;

/// <summary>A value and where its author wrote it.</summary>
readonly record struct Located<T>(T Value, Position At);
