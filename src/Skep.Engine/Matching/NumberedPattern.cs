namespace Skep.Engine.Matching;

/// <summary>A pattern and the number under which its match is reported. Patterns that share a number are alternatives: one of them matching is enough.</summary>
/// <param name="Number">From 0, dense or not.</param>
/// <param name="Pattern">The pattern.</param>
public readonly record struct NumberedPattern(int Number, TextPattern Pattern);
