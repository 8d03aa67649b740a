namespace Skep.Engine.Matching;

/// <summary>A pattern that the kernel cannot decide: the caller lets its text through and decides in user space, or refuses the policy.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Pattern">The pattern.</param>
/// <param name="Reason">Why, for code.</param>
/// <param name="Message">Why, for people.</param>
public sealed record LeftOutPattern(int Number, TextPattern Pattern, LeftOutReason Reason, string Message);
