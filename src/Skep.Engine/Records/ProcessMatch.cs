using Skep.Engine.Rules;

namespace Skep.Engine.Records;

/// <summary>A rule that wanted an execution or an exit.</summary>
/// <param name="Request">The hook of the policy.</param>
/// <param name="PolicyName">Name of that policy.</param>
/// <param name="Rule">Which of <see cref="HookRequest.Rules"/> matched; -1 when the hook has none.</param>
/// <param name="Actions">What was done.</param>
public readonly record struct ProcessMatch(HookRequest Request, string PolicyName, int Rule, MatchActions Actions);
