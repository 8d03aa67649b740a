namespace Skep.Cli.Doctor;

/// <summary>One feature in a report.</summary>
sealed record DoctorFinding
{
    public required string Group { get; init; }
    public required string Name { get; init; }
    /// <summary><c>present</c>, <c>missing</c> or <c>inconclusive</c>.</summary>
    public required string Status { get; init; }
    public string? Cause { get; init; }
    public string? Why { get; init; }
    public string? Lost { get; init; }
    public string? Remedy { get; init; }
    public string? Since { get; init; }
    public bool? Essential { get; init; }
}
