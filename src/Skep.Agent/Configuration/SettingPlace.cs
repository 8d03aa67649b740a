namespace Skep.Agent.Configuration;

/// <summary>Where a setting was written: a file with line and column, or the name of an environment variable.</summary>
/// <param name="Source">The file or the variable.</param>
/// <param name="Line">The line from 1; 0 where there are none.</param>
/// <param name="Column">The column from 1.</param>
public readonly record struct SettingPlace(string Source, int Line = 0, int Column = 0)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}
