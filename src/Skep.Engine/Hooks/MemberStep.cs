namespace Skep.Engine.Hooks;

/// <summary>One step of a <see cref="MemberPath"/>: go on by some bytes, then follow the pointer that is there.</summary>
/// <param name="Offset">Bytes.</param>
/// <param name="Dereferences">Whether a pointer is followed.</param>
public readonly record struct MemberStep(int Offset, bool Dereferences);
