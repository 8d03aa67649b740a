namespace Skep.Engine.Compilation;

/// <summary>What a bit of processes means.</summary>
/// <param name="Bit">Its place in the kernel's records of processes.</param>
/// <param name="Text">What is asked, for people.</param>
public sealed record ProcessQuestion(int Bit, string Text);
