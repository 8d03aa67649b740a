using System.Runtime.InteropServices;

namespace Skep.Engine.Records;

/// <summary>A rule that matched; <c>struct match</c> of <c>bpf/engine.h</c>.</summary>
/// <param name="Rule">Number of the rule in its generation.</param>
/// <param name="Actions">What was done.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct HookMatch(uint Rule, MatchActions Actions);
