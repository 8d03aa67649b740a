using System.Runtime.InteropServices;

namespace Skep.Bpf.Instructions;

/// <summary>
/// Builds one function instruction by instruction: labels, references to maps, data and functions, source positions.
/// Every method returns the assembler itself. Jumps that the 16-bit offset cannot reach become <c>gotol</c>, or a conditional jump around one
/// (requires at least Linux 6.6).
/// </summary>
/// <example><code>
/// var a = new Assembler("drop_small");
/// var keep = a.NewLabel();
/// a.Load(AccessSize.Word, Register.R0, Register.R1, 0)
///  .JumpIf(Register.R0, Comparison.GreaterOrEqual, 64, keep)
///  .Move(Register.R0, 0)
///  .Bind(keep)
///  .Exit();
/// FunctionSpec function = a.Build();
/// </code></example>
public sealed partial class Assembler
{
    readonly List<Instruction> _code = [];
    readonly List<int> _labels = [];
    readonly Dictionary<int, Label> _jumps = [];
    readonly Dictionary<int, Label> _calls = [];
    readonly List<Relocation> _relocations = [];
    readonly List<LineInfo> _lines = [];

    /// <summary>Starts a function.</summary>
    public Assembler(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name of the function.</summary>
    public string Name { get; }

    /// <summary>Visibility of the function; <see cref="Linkage.Static"/> for subprograms that their callers' verification covers.</summary>
    public Linkage Linkage { get; init; } = Linkage.Global;

    /// <summary>Whether a global function is one for the linker only and static for the verifier.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Slots emitted so far; long jumps may add some in <see cref="Build"/>.</summary>
    public int Length => _code.Count;

    /// <summary>Appends a slot as it is.</summary>
    public Assembler Emit(Instruction instruction)
    {
        _code.Add(instruction);
        return this;
    }

    /// <summary>Appends instructions given as text; see <see cref="AssemblyText"/>. Their jumps stay within the text.</summary>
    public Assembler EmitText(string text)
    {
        // Relative jumps of the text stay right only while nothing inside it grows, which holds: only labelled jumps are ever widened.
        _code.AddRange(AssemblyText.Parse(text));
        return this;
    }

    /// <summary>Makes a label to be bound later.</summary>
    public Label NewLabel()
    {
        _labels.Add(-1);
        return new Label(_labels.Count - 1);
    }

    /// <summary>Puts a label before the next instruction.</summary>
    public Assembler Bind(Label label)
    {
        ref var position = ref CollectionsMarshal.AsSpan(_labels)[Check(label)];
        if (position >= 0) throw new InvalidOperationException($"function '{Name}': a label is bound twice, at slots {position} and {Length}");
        position = Length;
        return this;
    }

    /// <summary>Makes a label and puts it before the next instruction, as the target of a backward jump.</summary>
    public Assembler Bind(out Label label)
    {
        label = NewLabel();
        return Bind(label);
    }

    /// <summary>Says which source line the following instructions come from.</summary>
    /// <param name="file">File name; keep machine-specific directories out of it.</param>
    /// <param name="line">Line number, from 1.</param>
    /// <param name="text">The line's text; the verifier prints it.</param>
    public Assembler Line(string file, int line, string text = "")
    {
        if (_lines is [.., var last] && last.Index == Length) _lines.RemoveAt(_lines.Count - 1);
        if (_lines.Count == 0 || _lines[^1] is var previous && (previous.File, previous.Line, previous.Text) != (file, line, text))
        {
            _lines.Add(new LineInfo(Length, file, text, line, 0));
        }
        return this;
    }

    int Check(Label label) =>
        label.Number > 0 && label.Number <= _labels.Count ? label.Number - 1 : throw new ArgumentException($"the label belongs to another assembler than '{Name}'");

    Assembler Emit(int code, Register destination, Register source, int offset = 0, int immediate = 0) =>
        Emit(new Instruction(code, destination, source, offset, immediate));

    Assembler Refer(RelocationKind kind, string symbol, int addend = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        _relocations.Add(new Relocation(Length, kind, symbol, addend));
        return this;
    }
}
