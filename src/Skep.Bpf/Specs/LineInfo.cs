namespace Skep.Bpf;

/// <summary>The source position of an instruction and those that follow it, up to the next record.</summary>
/// <param name="Index">Slot index within the function.</param>
/// <param name="File">Source file as the compiler saw it.</param>
/// <param name="Text">The source line's text, trimmed.</param>
/// <param name="Line">Line number, from 1.</param>
/// <param name="Column">Column number, from 1; 0 when unknown.</param>
/// <param name="FileOffset">Offset of the file's name in the strings of the object's BTF; 0 for generated code.</param>
/// <param name="TextOffset">Offset of the untrimmed text in the strings of the object's BTF; 0 for generated code.</param>
public readonly record struct LineInfo(int Index, string File, string Text, int Line, int Column, uint FileOffset = 0, uint TextOffset = 0);
