using System.Globalization;

namespace Skep.Bpf;

/// <summary>
/// A verifier log, taken apart leniently: the format differs between kernels and is no contract, so that every line which is not recognised
/// stays a message and nothing is ever an error (kernel/bpf/verifier.c: verbose, print_verifier_state; kernel/bpf/log.c since 6.4).
/// </summary>
public sealed class VerifierLog
{
    readonly List<string> _messages = [];
    readonly Dictionary<int, Dictionary<string, string>> _frames = [];
    int _frame;

    VerifierLog(string text) => Text = text;

    /// <summary>The log as the kernel wrote it.</summary>
    public string Text { get; }

    /// <summary>The last instruction that was being verified, in slots; -1 when the refusal came before any was.</summary>
    public int LastInstruction { get; private set; } = -1;

    /// <summary>The kernel's disassembly of <see cref="LastInstruction"/>, or empty.</summary>
    public string LastInstructionText { get; private set; } = "";

    /// <summary>The source line of <see cref="LastInstruction"/>, or null when the program carries no line information.</summary>
    public SourcePosition? LastSource { get; private set; }

    /// <summary>Registers (<c>R0</c>…) and stack slots (<c>fp-8</c>…) of the innermost frame before the last instruction, as far as the log shows them.</summary>
    public IReadOnlyDictionary<string, string> Registers => _frames.TryGetValue(_frame, out var state) ? state : new Dictionary<string, string>();

    /// <summary>The messages that follow the last instruction, or all messages when no instruction was verified.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>The closing statistics, or null when the log holds none.</summary>
    public VerifierStatistics? Statistics { get; private set; }

    /// <summary>Takes a log apart in one pass.</summary>
    public static VerifierLog Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var log = new VerifierLog(text);
        var statistics = new VerifierStatisticsReader();
        SourcePosition? source = null;
        foreach (var line in log.Lines())
        {
            switch (line.Kind)
            {
                case VerifierLogLineKind.Source:
                    source = VerifierLogReader.ReadSource(line.Text);
                    break;
                case VerifierLogLineKind.Instruction:
                    log.TakeInstruction(line, source);
                    break;
                case VerifierLogLineKind.State:
                    log.TakeState(line.State, replace: true);
                    break;
                case VerifierLogLineKind.Statistics:
                    statistics.Take(line.Text);
                    break;
                case VerifierLogLineKind.Message when line.Text.Length > 0:
                    log._messages.Add(line.Text);
                    break;
            }
        }
        log.Statistics = statistics.Result;
        return log;
    }

    /// <summary>The log line by line, classified; nothing is kept, so that logs of many megabytes can be walked.</summary>
    public IEnumerable<VerifierLogLine> Lines()
    {
        var position = 0;
        while (position < Text.Length)
        {
            var end = Text.IndexOf('\n', position);
            if (end < 0) end = Text.Length;
            yield return VerifierLogReader.Classify(Text.AsSpan(position, end - position));
            position = end + 1;
        }
    }

    // Since 6.x an instruction's line ends in the registers that it changed. The state before the last instruction is wanted, so that a line's
    // changes are applied when the next instruction comes.
    string _pendingState = "";

    void TakeInstruction(VerifierLogLine line, SourcePosition? source)
    {
        if (_pendingState.Length > 0) TakeState(_pendingState, replace: false);
        _pendingState = line.State;
        _messages.Clear();
        LastInstruction = line.Index;
        LastInstructionText = line.Text;
        LastSource = source;
    }

    void TakeState(string text, bool replace)
    {
        var registers = VerifierLogReader.ReadRegisters(text, out var frame);
        if (replace)
        {
            _pendingState = "";
            _frame = frame;
            _frames[frame] = [];
        }
        else if (frame != 0)
        {
            _frame = frame;
        }
        if (!_frames.TryGetValue(_frame, out var state)) _frames[_frame] = state = [];
        foreach (var (name, value) in registers) state[name] = value;
    }

    /// <summary>Reads a number at the start of <paramref name="text"/>; false when there is none.</summary>
    internal static bool TryReadIndex(ReadOnlySpan<char> text, out int index, out int length)
    {
        length = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length])) length++;
        index = -1;
        return length > 0 && int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }
}
