namespace Skep.Engine.Records;

/// <summary>What lies at an address of a stack.</summary>
/// <param name="Name">The function.</param>
/// <param name="Module">The file or kernel module that holds it; empty for the kernel itself.</param>
/// <param name="Offset">Bytes from the function's start; where that is not known, from the file's.</param>
public readonly record struct StackSymbol(string Name, string Module, ulong Offset)
{
    /// <summary>The file's GNU build id in hexadecimal; null or empty when it has none, in the kernel, and in recordings.</summary>
    public string? BuildId { get; init; }
}
