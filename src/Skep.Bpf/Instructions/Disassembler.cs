using System.Text;

namespace Skep.Bpf.Instructions;

/// <summary>
/// Prints eBPF code as text that <see cref="AssemblyText.Parse"/> turns into the same bytes again. The form is that of clang and llvm-objdump,
/// with decimal numbers: <c>r1 = *(u64 *)(r2 + 16)</c>, <c>if w1 s&lt; 3 goto +4</c>, <c>lock *(u32 *)(r1 + 0) += w2</c>. Beyond it:
/// <list type="bullet">
/// <item><c>call bpf_map_lookup_elem#1</c> calls a helper (the number counts), <c>call pc+5</c> a subprogram, <c>call kfunc#1234@1</c> a kernel function
/// by BTF id and, when not zero, index into <c>fd_array</c>;</item>
/// <item><c>r1 = map_fd(3) ll</c>, <c>map_value(3, 16)</c>, <c>map_idx(0)</c>, <c>map_idx_value(0, 16)</c>, <c>btf_id(77, 0)</c> and <c>func(+12)</c> are
/// the pseudo operands of wide loads; a plain one is hexadecimal: <c>r1 = 0xffff ll</c>;</item>
/// <item><c>.insn 0x95, 0x10, 0, 5</c> (opcode, registers, offset, immediate) is any slot that means nothing or has bits set where the form has no place.</item>
/// </list>
/// A comment starts with <c>;</c> or <c>//</c>.
/// </summary>
public static class Disassembler
{
    /// <summary>The text of the instruction at <paramref name="index"/>.</summary>
    /// <param name="code">The code around it; a wide load reads the following slot.</param>
    /// <param name="index">Slot index of the instruction.</param>
    /// <param name="slots">Slots that the instruction takes: 1, or 2 for a wide load.</param>
    public static string Format(ReadOnlySpan<Instruction> code, int index, out int slots)
    {
        var output = new StringBuilder(40);
        slots = InstructionText.Append(output, code, index);
        return output.ToString();
    }

    /// <summary>Appends the text of the instruction at <paramref name="index"/> without allocating; returns its number of slots.</summary>
    public static int Format(ReadOnlySpan<Instruction> code, int index, StringBuilder output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return InstructionText.Append(output, code, index);
    }

    /// <summary>Writes one line per instruction, <c>   3: text</c>, with function names and source lines where <paramref name="options"/> has them.</summary>
    public static void WriteListing(ReadOnlySpan<Instruction> code, TextWriter output, ListingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        options ??= ListingOptions.Plain;
        var line = new StringBuilder(80);
        var nextSource = 0;
        var slots = 1;
        for (var index = 0; index < code.Length; index += slots)
        {
            if (options.Functions.TryGetValue(index, out var name)) output.Write($"{name}:\n");
            for (; nextSource < options.Lines.Count && options.Lines[nextSource].Index <= index; nextSource++)
            {
                var source = options.Lines[nextSource];
                output.Write($"; {source.Text} @ {source.File}:{source.Line}\n");
            }
            line.Clear();
            slots = InstructionText.Append(line, code, index);
            output.Write($"{index,4}: ");
            if (options.ShowBytes) output.Write($"({code[index].Code:x2}) ");
            output.Write(line);
            if (options.Comment?.Invoke(index) is { } comment) output.Write($" ; {comment}");
            output.Write('\n');
        }
    }

    /// <summary>Writes a function's code with its source lines and the names that its relocations refer to.</summary>
    public static void WriteListing(FunctionSpec function, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(function);
        var references = new Dictionary<int, string>();
        foreach (var relocation in function.Relocations)
        {
            references[relocation.Index] = relocation.Addend == 0 ? relocation.Symbol : $"{relocation.Symbol}+{relocation.Addend}";
        }
        WriteListing(function.Instructions, output, new ListingOptions
        {
            Lines = function.Lines,
            Functions = new Dictionary<int, string> { [0] = function.Name },
            Comment = references.GetValueOrDefault,
        });
    }
}
