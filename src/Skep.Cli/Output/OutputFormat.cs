namespace Skep.Cli.Output;

/// <summary>How a verb prints its result.</summary>
enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,
    /// <summary>For programs.</summary>
    Json,
}
