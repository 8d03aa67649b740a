using Skep.Falco.Fields;

namespace Skep.Falco;

/// <summary>An alert comes only when a rule matches often enough: <c>skep_window</c>, which Falco ignores with a warning.</summary>
/// <param name="Count">How many matches make an alert.</param>
/// <param name="Within">In how long a time.</param>
/// <param name="By">Fields of which each combination of values is counted for itself.</param>
public sealed record FalcoWindow(int Count, TimeSpan Within, IReadOnlyList<FieldReference> By);
