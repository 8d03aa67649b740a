namespace Skep.Falco;

/// <summary>How much of a rule the kernel decides at system calls.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Checks">How many different checks its condition has.</param>
/// <param name="InUserSpace">Those that the kernel cannot decide, or not in every case; null when the rule is about no system call: executions are told whatever it says.</param>
public sealed record RuleShare(FalcoRule Rule, int Checks, IReadOnlyList<string>? InUserSpace);
