using Skep.Engine.Compilation;

namespace Skep.Engine.Runtime;

/// <summary>How the kernel's record of a process answers a question of policies.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Holds">Whether it holds for the process itself.</param>
/// <param name="HoldsForParent">Whether it holds for the process that forked it.</param>
/// <param name="HoldsForAncestor">Whether it holds for any ancestor.</param>
public readonly record struct ProcessAnswer(ProcessQuestion Question, bool Holds, bool HoldsForParent, bool HoldsForAncestor);
