using System.Numerics;
using System.Runtime.InteropServices;
using Skep.Bpf;
using Skep.Bpf.Building;

namespace Skep.Engine.Matching;

/// <summary>
/// The different answers of a matcher: row 0 is "nothing matched", every other row a set of numbers. A rule asks whether a number is in the row. Where the rows of
/// a number are few ranges the question is a comparison; where they are scattered, a column of bits in a map.
/// </summary>
public sealed class RowTable
{
    const int MaxRanges = 4;

    readonly List<int[]> _rows = [[]];
    readonly Dictionary<string, int> _byKey = new(StringComparer.Ordinal) { [""] = 0 };
    readonly Dictionary<int, List<(int First, int Last)>> _ranges = [];
    Dictionary<int, int>? _columns;
    VariableSpec? _map;

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>Bits that a row number takes.</summary>
    public int Bits => _rows.Count == 1 ? 0 : BitOperations.Log2((uint)_rows.Count - 1) + 1;

    /// <summary>The numbers of a row, sorted.</summary>
    public IReadOnlyList<int> this[int row] => _rows[row];

    /// <summary>Bytes of the columns.</summary>
    public int TableBytes => Columns.Count * ColumnBytes;

    int ColumnBytes => (int)BitOperations.RoundUpToPowerOf2((uint)(_rows.Count + 7) / 8);

    Dictionary<int, int> Columns
    {
        get
        {
            if (_columns is not null) return _columns;
            _columns = [];
            foreach (var (number, ranges) in _ranges.OrderBy(r => r.Key))
            {
                if (ranges.Count > MaxRanges) _columns.Add(number, _columns.Count);
            }
            return _columns;
        }
    }

    /// <summary>The row of a sorted set of numbers; rows that are added one after the other for the same number make a range.</summary>
    internal int Add(int[] numbers)
    {
        var key = new string(MemoryMarshal.Cast<int, char>(numbers));
        if (_byKey.TryGetValue(key, out var row)) return row;
        row = _rows.Count;
        _byKey.Add(key, row);
        _rows.Add(numbers);
        foreach (var number in numbers)
        {
            if (!_ranges.TryGetValue(number, out var ranges)) _ranges.Add(number, ranges = []);
            if (ranges.Count > 0 && ranges[^1].Last == row - 1) ranges[^1] = (ranges[^1].First, row);
            else ranges.Add((row, row));
        }
        return row;
    }

    /// <summary>Whether a row has a number.</summary>
    public bool Has(int row, int number) => Array.BinarySearch(_rows[row], number) >= 0;

    /// <summary>Sets the bits of a row's numbers.</summary>
    public void Collect(int row, Span<ulong> bits)
    {
        foreach (var number in _rows[row]) bits[number >> 6] |= 1UL << number;
    }

    /// <summary>Adds the map of the columns, when there are any.</summary>
    internal void AddTo(ObjectBuilder builder, string name)
    {
        if (Columns.Count == 0) return;
        var data = new byte[TableBytes];
        foreach (var (number, column) in Columns)
        {
            foreach (var (first, last) in _ranges[number])
            {
                for (var row = first; row <= last; row++) data[column * ColumnBytes + row / 8] |= (byte)(1 << row % 8);
            }
        }
        _map = TableMap.Add(builder, $"{name}_rows", data);
    }

    /// <summary>Whether the row in the low bits of a value has a number. The function that returns the row must have been added to the object before.</summary>
    public Condition Test(CodeBuilder code, Value result, int number)
    {
        ArgumentNullException.ThrowIfNull(code);
        // A value of its own: what the verifier learns from the branch must not stick to the result, or many tests of it multiply the paths.
        var row = result & code.Constant((1UL << Bits) - 1);
        if (!_ranges.TryGetValue(number, out var ranges)) return code.Constant(0) != 0;
        if (!Columns.TryGetValue(number, out var column))
        {
            return ranges.Select(r => r.First == r.Last ? row == r.First : r.First == 1 && r.Last == Count - 1 ? row != 0 : (row >= r.First) & (row <= r.Last)).Aggregate((a, b) => a | b);
        }
        if (_map is null) throw new InvalidOperationException("the matcher belongs to no object yet: call AddTo first");
        var cell = code.AddressOf(_map) + ((row >> 3) & (ColumnBytes - 1));
        return ((code.Load(ScalarType.U8, cell + column * ColumnBytes) >> (row & 7)) & 1) != 0;
    }
}
