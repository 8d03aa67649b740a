using System.Buffers.Binary;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Matching.Automata;

namespace Skep.Engine.Matching;

/// <summary>
/// One pass over the bytes for any number of patterns. A state is the byte offset of its line in the table, so that a step is one addition and one
/// load; lines have an entry for each class of bytes, then what entering the state reports, then the row of a text that ends there. States that report something come
/// behind all others, and those that nothing leaves come last: one comparison a byte finds both. The result is the bits of all patterns that were reported, above the number of the row.
/// </summary>
public sealed class Automaton : TextMatcher
{
    const int ExtraColumns = 2;
    // Numbers that one result can report before the text's end, with room for the row.
    internal const int EventLimit = 40;
    // Bytes that one call of the loop's body takes.
    const int Stride = 16;

    readonly TextMatcherOptions _options;
    readonly byte[] _table;
    readonly ulong[] _masks;
    readonly RowTable _rows = new();
    readonly Dictionary<int, int> _eventBits = [];
    readonly HashSet<int> _finalNumbers;
    readonly int _width, _classWidth, _lines, _lineSize, _classes;
    readonly int _start, _special, _absorbing, _end;

    Automaton(Dfa dfa, int[] eventNumbers, TextMatcherOptions options)
    {
        _options = options;
        _classes = dfa.Classes;
        Numbers = [.. dfa.Events.Concat(dfa.Finals).SelectMany(n => n).Distinct().Order()];
        _finalNumbers = [.. dfa.Finals.SelectMany(n => n)];
        var rowOf = new int[dfa.States];
        foreach (var s in Enumerable.Range(0, dfa.States).OrderBy(s => dfa.Finals[s], new SetOrder())) rowOf[s] = _rows.Add(dfa.Finals[s]);
        RowBits = _rows.Bits;
        for (var i = 0; i < eventNumbers.Length; i++) _eventBits.Add(eventNumbers[i], RowBits + i);

        _width = WidthOf(dfa);
        _lineSize = (dfa.Classes + ExtraColumns) * _width;
        _classWidth = _lineSize <= 256 ? 1 : 2;
        _lines = 256 * _classWidth;
        var order = Enumerable.Range(0, dfa.States).OrderBy(s => Absorbs(dfa, s) ? 2 : dfa.Events[s].Length > 0 ? 1 : 0).ToArray();
        var offset = new int[dfa.States];
        for (var i = 0; i < order.Length; i++) offset[order[i]] = i * _lineSize;
        _absorbing = order.Count(s => !Absorbs(dfa, s)) * _lineSize;
        _special = order.Count(s => !Absorbs(dfa, s) && dfa.Events[s].Length == 0) * _lineSize;
        _end = dfa.States * _lineSize;
        _start = offset[0];

        var masks = new List<ulong> { 0 };
        // The verifier knows of a class only how wide it is: room for the widest.
        var masksAt = (_lines + _end + (_classWidth == 1 ? 256 : 2048) + 7) & ~7;
        _table = new byte[masksAt];
        for (var c = 0; c < 256; c++) Write(c * _classWidth, _classWidth, dfa.ClassOf[c] * _width);
        for (var s = 0; s < dfa.States; s++)
        {
            var line = _lines + offset[s];
            for (var k = 0; k < dfa.Classes; k++) Write(line + k * _width, _width, offset[dfa.Next[s * dfa.Classes + k]]);
            var mask = dfa.Events[s].Aggregate(0UL, (bits, n) => bits | 1UL << _eventBits[n]);
            var index = masks.IndexOf(mask);
            if (index < 0)
            {
                index = masks.Count;
                masks.Add(mask);
            }
            Write(line + dfa.Classes * _width, _width, index);
            Write(line + (dfa.Classes + 1) * _width, _width, rowOf[s]);
        }
        _masks = [.. masks];
        States = dfa.States;
        MasksAt = masksAt;
        Array.Resize(ref _table, masksAt + _masks.Length * 8);
        for (var i = 0; i < _masks.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(_table.AsSpan(masksAt + i * 8), _masks[i]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Numbers { get; }

    /// <inheritdoc/>
    public override int TableBytes => _table.Length + _rows.TableBytes;

    /// <summary>Number of states.</summary>
    public int States { get; }

    /// <summary>Classes of bytes that no pattern tells apart.</summary>
    public int Classes => _classes;

    /// <summary>What texts that end in a state match.</summary>
    public RowTable Rows => _rows;

    /// <summary>Low bits of a result that hold the row; those above hold one bit for each pattern that was decided before the end.</summary>
    public int RowBits { get; }

    int MasksAt { get; }

    ulong RowMask => (1UL << RowBits) - 1;

    /// <summary>Builds the automaton of patterns, or null when its table would be beyond the budget, or its result beyond 64 bits.</summary>
    /// <exception cref="PatternSyntaxException">A pattern is wrong or not supported.</exception>
    public static Automaton? TryCreate(IEnumerable<NumberedPattern> patterns, TextMatcherOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        options ??= new TextMatcherOptions();
        var list = patterns.ToList();
        var nfa = new Nfa(remembersPrefixes: list.TrueForAll(p => p.Pattern.Operator is TextOperator.Equal or TextOperator.Prefix) && list.Exists(p => p.Pattern.Operator == TextOperator.Prefix) && list.Count > EventLimit);
        foreach (var (number, pattern) in list) nfa.Add(pattern, number);
        if (DfaBuilder.Build(nfa, options.TableBudget, options.WorkBudget) is not { } dfa) return null;
        if ((long)dfa.States * (dfa.Classes + ExtraColumns) * WidthOf(dfa) > options.TableBudget) return null;
        int[] events = [.. dfa.Events.SelectMany(n => n).Distinct().Order()];
        var rows = dfa.Finals.Select(f => string.Join(',', f)).Append("").Distinct().Count();
        return events.Length + System.Numerics.BitOperations.Log2((uint)rows) + 1 > 64 ? null : new Automaton(dfa, events, options);
    }

    /// <inheritdoc/>
    public override ulong Run(ReadOnlySpan<byte> text)
    {
        var state = _start;
        var result = _masks[Entry(state, _classes)];
        foreach (var c in text)
        {
            if (state >= _absorbing) break;
            state = Read(_lines + state + Read(c * _classWidth, _classWidth), _width);
            if (state >= _special) result |= _masks[Entry(state, _classes)];
        }
        return result | (uint)Entry(state, _classes + 1);
    }

    /// <inheritdoc/>
    public override bool Matches(ulong result, int number) =>
        (_eventBits.TryGetValue(number, out var bit) && (result >> bit & 1) != 0) || _rows.Has((int)(result & RowMask), number);

    /// <inheritdoc/>
    public override void Collect(ulong result, Span<ulong> bits)
    {
        foreach (var (number, bit) in _eventBits) bits[number >> 6] |= (result >> bit & 1) << number;
        _rows.Collect((int)(result & RowMask), bits);
    }

    /// <inheritdoc/>
    public override Condition Test(CodeBuilder code, Value result, int number)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (!_eventBits.TryGetValue(number, out var bit)) return _rows.Test(code, result, number);
        var reported = BitTest(result, bit);
        return _finalNumbers.Contains(number) ? reported | _rows.Test(code, result, number) : reported;
    }

    /// <inheritdoc/>
    public override void AddTo(ObjectBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var table = TableMap.Add(builder, $"{name}_table", _table);
        _rows.AddTo(builder, name);
        builder.AddFunction(name, Parameters, code => BuildFunction(code, table));
    }

    // The frame that the loop's body shares with the function.
    static class Frame
    {
        public const int Text = 0;
        public const int State = 8;
        public const int Reported = 16;
        public const int Size = 24;
    }

    void BuildFunction(CodeBuilder code, VariableSpec table)
    {
        var offset = code.Parameter(1);
        var length = code.Let(code.Parameter(2).To(ScalarType.U32));
        using (code.If(offset > _options.MaxOffset)) code.Return(0);
        using (code.If(length > _options.MaxLength)) code.Assign(length, _options.MaxLength);
        var frame = code.Stack(Frame.Size, zero: false);
        code.Store(ScalarType.U64, frame, Frame.Text, code.Parameter(0).To(ScalarType.Pointer) + offset);
        code.Store(ScalarType.U64, frame, Frame.State, _start);
        code.Store(ScalarType.U64, frame, Frame.Reported, code.Constant(_masks[Entry(_start, _classes)]));
        code.Loop(length / Stride, frame, (body, index, captured) => BuildBody(body, index, captured, table));

        var ended = code.NewLabel();
        var state = code.Let(code.Load(ScalarType.U64, frame, Frame.State));
        code.GotoIf(state >= _absorbing, ended);
        var rest = code.Let(length & (Stride - 1));
        // Of the longest text nothing is left: that this wraps to 0 then keeps the verifier's bound below the limit.
        var whole = length & (_options.MaxLength - Stride);
        var text = code.Load(ScalarType.Pointer, frame, Frame.Text) + whole;
        Steps(code, table, text, state, frame, Stride - 1, (step, label) => code.GotoIf(rest <= step, label), ended, ended);
        code.Bind(ended);
        using (code.If(state >= _end)) code.Return(0);
        var row = LoadEntry(code, code.AddressOf(table) + state, _classes + 1);
        code.Return(row | code.Load(ScalarType.U64, frame, Frame.Reported));
    }

    void BuildBody(CodeBuilder code, Value index, Value frame, VariableSpec table)
    {
        var at = code.Let(index);
        using (code.If(at >= _options.MaxLength / Stride)) code.Return(1);
        var text = code.Load(ScalarType.Pointer, frame, Frame.Text) + at * Stride;
        var state = code.Let(code.Load(ScalarType.U64, frame, Frame.State));
        using (code.If(state >= _absorbing)) code.Return(1);
        var (done, stop) = (code.NewLabel(), code.NewLabel());
        Steps(code, table, text, state, frame, Stride, null, done, stop);
        code.Bind(stop);
        code.Store(ScalarType.U64, frame, Frame.State, state);
        code.Return(1);
        code.Bind(done);
        code.Store(ScalarType.U64, frame, Frame.State, state);
        code.Return(0);
    }

    /// <summary>
    /// A number of bytes in a row, then a jump to <paramref name="done"/>; what happens seldom, reports and states that nothing leaves, is behind.
    /// </summary>
    void Steps(CodeBuilder code, VariableSpec table, Value text, Value state, Value frame, int count, Action<int, Label>? endsAt, Label done, Label stop)
    {
        var lines = code.Let(code.AddressOf(table));
        var bytes = code.Let(text);
        var specials = new (Label Enter, Label Resume)[count];
        for (var step = 0; step < count; step++)
        {
            endsAt?.Invoke(step, done);
            specials[step] = (code.NewLabel(), code.NewLabel());
            var c = code.Load(ScalarType.U8, bytes, step);
            var entry = _classWidth == 1
                ? code.Load(ScalarType.U8, lines + c)
                // The mask is for the verifier: classes are below it.
                : code.Load(ScalarType.U16, lines + c * 2) & 2047;
            code.Assign(state, code.Load(ScalarTypeOfEntry, lines + entry + state, _lines));
            code.GotoIf(state >= _special, specials[step].Enter);
            code.Bind(specials[step].Resume);
        }
        code.Goto(done);
        for (var step = 0; step < count; step++)
        {
            code.Bind(specials[step].Enter);
            code.GotoIf(state >= _end, stop);
            if (_eventBits.Count > 0)
            {
                var mask = LoadEntry(code, lines + state, _classes);
                using (code.If(mask < _masks.Length))
                {
                    var reported = code.Load(ScalarType.U64, code.AddressOf(table.At(MasksAt)) + mask * 8) | code.Load(ScalarType.U64, frame, Frame.Reported);
                    code.Store(ScalarType.U64, frame, Frame.Reported, reported);
                }
            }
            code.GotoIf(state < _absorbing, specials[step].Resume);
            code.Goto(stop);
        }
    }

    ScalarType ScalarTypeOfEntry => _width == 2 ? ScalarType.U16 : ScalarType.U32;

    Value LoadEntry(CodeBuilder code, Value line, int column) => code.Load(ScalarTypeOfEntry, line, _lines + column * _width);

    int Entry(int state, int column) => Read(_lines + state + column * _width, _width);

    int Read(int at, int width) => width switch
    {
        1 => _table[at],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(_table.AsSpan(at)),
        _ => BinaryPrimitives.ReadInt32LittleEndian(_table.AsSpan(at)),
    };

    void Write(int at, int width, int value)
    {
        for (var i = 0; i < width; i++) _table[at + i] = (byte)(value >> 8 * i);
    }

    static int WidthOf(Dfa dfa) => dfa.States * (dfa.Classes + ExtraColumns) * sizeof(ushort) <= 65536 ? sizeof(ushort) : sizeof(uint);

    static bool Absorbs(Dfa dfa, int state)
    {
        for (var k = 0; k < dfa.Classes; k++)
        {
            if (dfa.Next[state * dfa.Classes + k] != state) return false;
        }
        return true;
    }

    sealed class SetOrder : IComparer<int[]>
    {
        public int Compare(int[]? x, int[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
