namespace Skep.Cli.Bpf;

/// <summary>One instruction of a listing.</summary>
/// <param name="Index">Slot index.</param>
/// <param name="Text">Its assembly.</param>
/// <param name="Function">The function that starts here.</param>
/// <param name="Source">The source line that starts here.</param>
/// <param name="File">Its file.</param>
/// <param name="Line">Its number.</param>
/// <param name="Comment">What the operand stands for.</param>
sealed record CodeLine(int Index, string Text, string? Function = null, string? Source = null, string? File = null, int? Line = null, string? Comment = null);
