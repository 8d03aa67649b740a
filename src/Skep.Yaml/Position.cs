namespace Skep.Yaml;

/// <summary>A place in a file, counted from 1.</summary>
readonly record struct Position(int Line, int Column)
{
    public static Position Start { get; } = new(1, 1);
}
