using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>
/// Many prefixes, or many suffixes read backwards, in a longest-prefix trie: one lookup finds the longest one, and its row has the numbers of all shorter ones. Rows are numbered in the order of the
/// tree, so that those of a number are a range. Needs Linux 4.11, and a program that does not sleep.
/// </summary>
public sealed class AffixSetMatcher : TextMatcher
{
    // The key lies on the stack, of which the callers want most.
    internal const int MaxText = 128;

    readonly TextMatcherOptions _options;
    readonly bool _backwards;
    readonly RowTable _rows = new();
    readonly SortedList<byte[], int> _rowOf = new(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));
    readonly int _longest;

    internal AffixSetMatcher(IEnumerable<NumberedPattern> patterns, bool backwards, TextMatcherOptions options)
    {
        (_options, _backwards) = (options, backwards);
        var sets = new SortedDictionary<byte[], SortedSet<int>>(_rowOf.Comparer);
        foreach (var (number, pattern) in patterns)
        {
            var text = (byte[])pattern.Text.Clone();
            if (backwards) Array.Reverse(text);
            if (!sets.TryGetValue(text, out var numbers)) sets.Add(text, numbers = []);
            numbers.Add(number);
        }
        Numbers = [.. sets.Values.SelectMany(n => n).Distinct().Order()];
        // In this order the prefixes of a text come right before it: those still open are a stack.
        var open = new Stack<(byte[] Text, SortedSet<int> Numbers)>();
        foreach (var (text, numbers) in sets)
        {
            while (open.Count > 0 && !text.AsSpan().StartsWith(open.Peek().Text)) open.Pop();
            if (open.Count > 0) numbers.UnionWith(open.Peek().Numbers);
            open.Push((text, numbers));
            _rowOf.Add(text, _rows.Add([.. numbers]));
        }
        _longest = (Math.Max(1, sets.Keys.Max(t => t.Length)) + 7) & ~7;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Numbers { get; }

    /// <summary>Bytes of its maps; a node of the trie is counted with 40 bytes besides the key, and the nodes in between with as many.</summary>
    public override int TableBytes => _rowOf.Count * 2 * (40 + _longest) + _rows.TableBytes;

    /// <summary>What the results mean.</summary>
    public RowTable Rows => _rows;

    /// <inheritdoc/>
    public override ulong Run(ReadOnlySpan<byte> text)
    {
        Span<byte> key = stackalloc byte[MaxText];
        key = key[..Math.Min(text.Length, _longest)];
        if (_backwards)
        {
            text[^key.Length..].CopyTo(key);
            key.Reverse();
        }
        else
        {
            text[..key.Length].CopyTo(key);
        }
        for (var length = key.Length; length >= 0; length--)
        {
            if (IndexOf(key[..length]) is var index and >= 0) return (ulong)_rowOf.GetValueAtIndex(index);
        }
        return 0;
    }

    int IndexOf(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, _rowOf.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = key.SequenceCompareTo(_rowOf.GetKeyAtIndex(middle));
            if (order == 0) return middle;
            if (order < 0) high = middle - 1;
            else low = middle + 1;
        }
        return -1;
    }

    /// <inheritdoc/>
    public override bool Matches(ulong result, int number) => _rows.Has((int)result, number);

    /// <inheritdoc/>
    public override void Collect(ulong result, Span<ulong> bits) => _rows.Collect((int)result, bits);

    /// <inheritdoc/>
    public override Condition Test(CodeBuilder code, Value result, int number) => _rows.Test(code, result, number);

    /// <inheritdoc/>
    public override void AddTo(ObjectBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var map = $"{name}_trie";
        builder.AddMap(new MapSpec
        {
            Name = map,
            Type = MapType.LpmTrie,
            KeySize = (uint)(4 + _longest),
            ValueSize = 4,
            MaxEntries = (uint)_rowOf.Count,
            Flags = MapFlags.NoPreallocation,
            Contents = [.. _rowOf.Select(r => new MapEntry([.. BitConverter.GetBytes(r.Key.Length * 8), .. r.Key, .. new byte[_longest - r.Key.Length]], BitConverter.GetBytes(r.Value)))],
        });
        _rows.AddTo(builder, name);
        builder.AddFunction(name, Parameters, code => BuildFunction(code, map));
    }

    void BuildFunction(CodeBuilder code, string map)
    {
        var offset = code.Let(code.Parameter(1));
        var length = code.Let(code.Parameter(2).To(ScalarType.U32));
        using (code.If(offset > _options.MaxOffset)) code.Return(0);
        using (code.If(length > _options.MaxLength)) code.Assign(length, _options.MaxLength);
        if (_backwards)
        {
            using (code.If(offset < MaxText)) code.Return(0);
            code.Assign(offset, offset + length);
        }
        // The key begins four bytes into the buffer, so that its text is aligned.
        var key = code.Stack(8 + _longest, zero: false);
        var text = code.Let(code.Parameter(0).To(ScalarType.Pointer) + offset);
        for (var at = 0; at < _longest; at += 8)
        {
            // What is read beyond the text is beyond the key's length, too.
            var word = _backwards ? code.Load(ScalarType.U64, text, -at - 8).SwapNetworkOrder() : code.Load(ScalarType.U64, text, at);
            code.Store(ScalarType.U64, key, 8 + at, word);
        }
        using (code.If(length > _longest)) code.Assign(length, _longest);
        code.Store(ScalarType.U32, key, 4, length << 3);
        using (code.Lookup(map, key.At(4), out var row)) code.Return(code.Load(ScalarType.U32, row));
    }
}
