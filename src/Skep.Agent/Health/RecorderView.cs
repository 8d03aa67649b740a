namespace Skep.Agent.Health;

/// <summary>How far back the recorder goes.</summary>
/// <param name="Span">From the first event that is kept until now.</param>
/// <param name="Bytes">What it takes on disk.</param>
/// <param name="Lost">Events that were not recorded.</param>
/// <param name="PausedBecause">Why nothing is recorded now; null when it is.</param>
public sealed record RecorderView(TimeSpan Span, long Bytes, long Lost, string? PausedBecause);
