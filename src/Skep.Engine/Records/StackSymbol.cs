namespace Skep.Engine.Records;

/// <summary>What lies at an address of a stack.</summary>
/// <param name="Name">The function.</param>
/// <param name="Module">The file or kernel module that holds it; empty for the kernel itself.</param>
/// <param name="Offset">Bytes from the function's start.</param>
public readonly record struct StackSymbol(string Name, string Module, ulong Offset);
