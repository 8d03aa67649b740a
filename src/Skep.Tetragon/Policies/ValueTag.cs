namespace Skep.Tetragon.Policies;

/// <summary>What the printer has to know of a value.</summary>
/// <param name="Type">Its type as the policy names it: <c>char_buf</c>.</param>
/// <param name="Label">The author's name for it; empty for none.</param>
public sealed record ValueTag(string Type, string Label);
