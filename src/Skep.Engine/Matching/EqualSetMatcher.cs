using System.Buffers.Binary;
using System.Numerics;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>
/// Many whole texts: a perfect hash, so that a text is compared with one candidate alone, word by word. Two loops over at most 256 bytes and two loads in between,
/// whatever the number of texts; the result is a row.
/// </summary>
/// <remarks>
/// The hash is displaced by buckets (Belazzougui, Botelho, Dietzfelbinger: "Hash, displace, and compress", 2009): a bucket of texts whose first hash is the same gets
/// the first displacement under which all of them fall into free places. Large buckets choose first.
/// </remarks>
public sealed class EqualSetMatcher : TextMatcher
{
    internal const int MaxText = 256;

    const ulong Multiplier = 0x9e3779b97f4a7c15;
    // An entry: u32 offset of the text, u32 its length, u32 row, u32 zero.
    const int EntrySize = 16;

    readonly TextMatcherOptions _options;
    readonly RowTable _rows = new();
    readonly byte[] _table;
    readonly int _buckets, _slots, _entries, _texts, _longest;
    readonly ulong _seed;

    internal EqualSetMatcher(IEnumerable<NumberedPattern> patterns, TextMatcherOptions options)
    {
        _options = options;
        var sets = new Dictionary<TextPattern, SortedSet<int>>();
        foreach (var (number, pattern) in patterns)
        {
            if (!sets.TryGetValue(pattern, out var numbers)) sets.Add(pattern, numbers = []);
            numbers.Add(number);
        }
        Numbers = [.. sets.Values.SelectMany(s => s).Distinct().Order()];
        var texts = sets.Select(s => (s.Key.Text, Numbers: s.Value.ToArray())).OrderBy(t => t.Numbers, Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))).ToArray();
        _longest = texts.Max(t => t.Text.Length);
        _buckets = (int)BitOperations.RoundUpToPowerOf2((uint)(texts.Length + 3) / 4);
        _slots = (int)BitOperations.RoundUpToPowerOf2((uint)(texts.Length + texts.Length / 4 + 1));
        (_seed, var displacements, var places) = Arrange([.. texts.Select(t => t.Text)]);
        _entries = (_buckets * 4 + 15) & ~15;
        _texts = _entries + _slots * EntrySize;
        var size = _texts + texts.Sum(t => (t.Text.Length + 7) & ~7) + MaxText;
        _table = new byte[size];
        for (var b = 0; b < _buckets; b++) BinaryPrimitives.WriteUInt32LittleEndian(_table.AsSpan(b * 4), displacements[b]);
        // What no text lies at has a length that no text has.
        for (var s = 0; s < _slots; s++) BinaryPrimitives.WriteUInt32LittleEndian(_table.AsSpan(_entries + s * EntrySize + 4), uint.MaxValue);
        var at = 0;
        for (var i = 0; i < texts.Length; i++)
        {
            var entry = _table.AsSpan(_entries + places[i] * EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(entry, at);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], texts[i].Text.Length);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], _rows.Add(texts[i].Numbers));
            texts[i].Text.CopyTo(_table, _texts + at);
            at += (texts[i].Text.Length + 7) & ~7;
        }
        LastText = at;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> Numbers { get; }

    /// <inheritdoc/>
    public override int TableBytes => _table.Length + _rows.TableBytes;

    /// <summary>What the results mean.</summary>
    public RowTable Rows => _rows;

    int LastText { get; }

    /// <inheritdoc/>
    public override ulong Run(ReadOnlySpan<byte> text)
    {
        if (text.Length > _longest) return 0;
        var hash = Hash(text, _seed);
        var displacement = BinaryPrimitives.ReadUInt32LittleEndian(_table.AsSpan((int)(hash & (uint)(_buckets - 1)) * 4));
        var entry = _table.AsSpan(_entries + Place(hash, displacement) * EntrySize);
        if (BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) != text.Length) return 0;
        return _table.AsSpan(_texts + BinaryPrimitives.ReadInt32LittleEndian(entry), text.Length).SequenceEqual(text) ? BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) : 0;
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
        var table = TableMap.Add(builder, $"{name}_table", _table);
        _rows.AddTo(builder, name);
        builder.AddFunction(name, Parameters, code => BuildFunction(code, table));
    }

    void BuildFunction(CodeBuilder code, VariableSpec table)
    {
        var offset = code.Parameter(1);
        var length = code.Let(code.Parameter(2).To(ScalarType.U32));
        using (code.If(offset > _options.MaxOffset)) code.Return(0);
        using (code.If(length > _longest)) code.Return(0);
        var text = code.Let(code.Parameter(0).To(ScalarType.Pointer) + offset);
        // The last word, of which only some bytes are the text's; a text of no bytes has none.
        var tail = length & 7;
        var mask = code.Let((code.Constant(1) << (tail << 3)) - 1);
        var whole = code.Let(length >> 3);
        var hash = code.Let(length ^ code.Constant(_seed));
        using (code.For(out var i, 0, whole)) Mix(code, hash, code.Load(ScalarType.U64, text + (i << 3)));
        var rest = code.Let(code.Load(ScalarType.U64, text + (whole << 3)) & mask);
        Mix(code, hash, rest);

        var displacement = code.Load(ScalarType.U32, code.AddressOf(table) + ((hash & (_buckets - 1)) << 2));
        var place = ((hash >> 32) + displacement * ((hash >> 20) | 1)) & (_slots - 1);
        var entry = code.Let(code.AddressOf(table.At(_entries)) + place * EntrySize);
        using (code.If(code.Load(ScalarType.U32, entry, 4) != length)) code.Return(0);
        var at = code.Load(ScalarType.U32, entry, 0);
        using (code.If(at > LastText)) code.Return(0);
        var candidate = code.Let(code.AddressOf(table.At(_texts)) + at);
        using (code.For(out var i, 0, whole))
        {
            using (code.If(code.Load(ScalarType.U64, text + (i << 3)) != code.Load(ScalarType.U64, candidate + (i << 3)))) code.Return(0);
        }
        using (code.If((code.Load(ScalarType.U64, candidate + (whole << 3)) & mask) != rest)) code.Return(0);
        code.Return(code.Load(ScalarType.U32, entry, 8));
    }

    static void Mix(CodeBuilder code, Value hash, Value word)
    {
        code.Assign(hash, (hash ^ word) * code.Constant(Multiplier));
        code.Assign(hash, hash ^ (hash >> 29));
    }

    static ulong Hash(ReadOnlySpan<byte> text, ulong seed)
    {
        var hash = (ulong)text.Length ^ seed;
        for (var i = 0; i <= text.Length / 8; i++)
        {
            hash = (hash ^ WordCode.At(text, i * 8)) * Multiplier;
            hash ^= hash >> 29;
        }
        return hash;
    }

    int Place(ulong hash, uint displacement) => (int)(((hash >> 32) + displacement * ((hash >> 20) | 1)) & (uint)(_slots - 1));

    (ulong Seed, uint[] Displacements, int[] Places) Arrange(byte[][] texts)
    {
        for (var seed = 1UL; ; seed++)
        {
            var hashes = Array.ConvertAll(texts, t => Hash(t, seed * Multiplier));
            // Equal hashes fall into one place under every displacement.
            if (hashes.Distinct().Count() < hashes.Length) continue;
            if (TryArrange(hashes, out var displacements, out var places)) return (seed * Multiplier, displacements, places);
        }
    }

    bool TryArrange(ulong[] hashes, out uint[] displacements, out int[] places)
    {
        const uint MaxDisplacement = 1 << 16;
        var buckets = Enumerable.Range(0, hashes.Length).ToLookup(i => (int)(hashes[i] & (uint)(_buckets - 1)));
        (displacements, places) = (new uint[_buckets], new int[hashes.Length]);
        var taken = new bool[_slots];
        var chosen = new List<int>();
        foreach (var bucket in buckets.OrderByDescending(b => b.Count()).ThenBy(b => b.Key))
        {
            var displacement = 0u;
            for (; displacement < MaxDisplacement; displacement++)
            {
                chosen.Clear();
                foreach (var i in bucket)
                {
                    var place = Place(hashes[i], displacement);
                    if (taken[place] || chosen.Contains(place)) break;
                    chosen.Add(place);
                }
                if (chosen.Count == bucket.Count()) break;
            }
            if (displacement == MaxDisplacement) return false;
            displacements[bucket.Key] = displacement;
            var next = 0;
            foreach (var i in bucket) taken[places[i] = chosen[next++]] = true;
        }
        return true;
    }
}
