using System.Text;

namespace Skep.Bpf;

/// <summary>The verifier refused a program: what it said, where, and what that means.</summary>
public sealed class VerifierException : BpfSyscallException
{
    readonly VerifierLog _log;

    static readonly Dictionary<int, string> s_nothing = [];

    internal VerifierException(string operation, int errno, VerifierLog log, IReadOnlyList<LineInfo> lines, IReadOnlyDictionary<int, string>? unresolved = null)
        : this(operation, errno, log, lines, unresolved ?? s_nothing, VerifierMessages.Find(log.Messages))
    {
    }

    VerifierException(string operation, int errno, VerifierLog log, IReadOnlyList<LineInfo> lines, IReadOnlyDictionary<int, string> unresolved,
        (VerifierMessage Message, Dictionary<string, string> Values, string Line)? found)
        : base(operation, errno,
            unresolved.TryGetValue(log.LastInstruction, out var missing) ? $"this path needs {missing}, which the running kernel does not have"
                : found is { } match ? MessageTemplate.Fill(match.Message.Cause, match.Values) : null,
            found is { } hit ? MessageTemplate.Fill(hit.Message.Remedy, hit.Values) : null)
    {
        _log = log;
        Kind = found?.Message.Kind ?? VerifierFailureKind.Unknown;
        Reason = found?.Line ?? (log.Messages.Count > 0 ? log.Messages[^1] : "");
        InstructionIndex = log.LastInstruction;
        if (InstructionIndex < 0 && found is { } other && other.Values.TryGetValue("index", out var index) && int.TryParse(index, out var named)) InstructionIndex = named;
        SourceLine = FindSource(log, lines, InstructionIndex);
    }

    /// <summary>The kind of failure, independent of the kernel's wording.</summary>
    public VerifierFailureKind Kind { get; }

    /// <summary>The verifier's own words.</summary>
    public string Reason { get; }

    /// <summary>Slot index of the instruction that was being verified; -1 when the refusal concerns none.</summary>
    public int InstructionIndex { get; }

    /// <summary>That instruction as text, or empty.</summary>
    public string Instruction => InstructionIndex == _log.LastInstruction ? _log.LastInstructionText : "";

    /// <summary>The source line that it was compiled from, or null when the program carries no line information.</summary>
    public SourcePosition? SourceLine { get; }

    /// <summary>Registers and stack slots before that instruction, as the verifier knew them.</summary>
    public IReadOnlyDictionary<string, string> Registers => _log.Registers;

    /// <summary>The raw log.</summary>
    public string Log => _log.Text;

    /// <summary>What the verifier did until it refused; null when the log was cut.</summary>
    public VerifierStatistics? Statistics => _log.Statistics;

    /// <inheritdoc/>
    public override string Message
    {
        get
        {
            var text = new StringBuilder($"{Operation}: {ErrorName}");
            if (Explanation is not null) text.Append(": ").Append(Explanation);
            if (InstructionIndex >= 0)
            {
                text.Append("\n  at instruction ").Append(InstructionIndex);
                if (Instruction.Length > 0) text.Append(": ").Append(Instruction);
            }
            if (SourceLine is not null) text.Append("\n  source:   ").Append(SourceLine);
            if (Reason.Length > 0) text.Append("\n  verifier: ").Append(Reason);
            if (DescribeRegisters() is { Length: > 0 } registers) text.Append("\n  state:    ").Append(registers);
            if (Remedy is not null) text.Append("\n  remedy:   ").Append(Remedy);
            return text.ToString();
        }
    }

    // Only the registers that the instruction or the message names: the whole state is in Registers.
    string DescribeRegisters()
    {
        var named = new List<string>();
        foreach (var (name, value) in Registers)
        {
            if (name[0] != 'R') continue;
            if (ContainsWord(Reason, name) || ContainsWord(Instruction, $"r{name.AsSpan(1)}")) named.Add($"{name}={value}");
        }
        return string.Join(' ', named);
    }

    static bool ContainsWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            var end = at + word.Length;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsAsciiLetterOrDigit(text[end]))) return true;
        }
        return false;
    }

    static SourcePosition? FindSource(VerifierLog log, IReadOnlyList<LineInfo> lines, int index)
    {
        if (index >= 0 && index == log.LastInstruction && log.LastSource is { Line: > 0 } printed) return printed;
        LineInfo? best = null;
        foreach (var line in lines)
        {
            if (line.Index > index) break;
            best = line;
        }
        return best is { } found ? new SourcePosition(found.File, found.Line, found.Text) : index == log.LastInstruction ? log.LastSource : null;
    }
}
