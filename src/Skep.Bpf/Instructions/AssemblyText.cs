namespace Skep.Bpf.Instructions;

/// <summary>
/// Reads the text form that <see cref="Disassembler"/> prints. Beyond it, it accepts hexadecimal numbers, labels (<c>name:</c>) as targets of jumps,
/// calls and <c>func(name)</c>, helper names without number, slot numbers (<c>12:</c>) before an instruction, and comments.
/// </summary>
public static class AssemblyText
{
    /// <summary>Assembles a text, one instruction a line.</summary>
    /// <exception cref="BpfFormatException">The text is malformed; the message names the line.</exception>
    public static Instruction[] Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new AssemblyTextReader().Read(text);
    }
}
