namespace Skep.Falco;

/// <summary>What a rule does besides its alert: <c>skep_action</c>, which Falco ignores with a warning.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Signal">The signal that is sent; 0 where none is.</param>
public sealed record FalcoAction(FalcoActionKind Kind, int Signal);
