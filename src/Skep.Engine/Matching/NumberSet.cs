using System.Buffers.Binary;
using System.Numerics;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Matching;

/// <summary>
/// Ranges of many conditions on one number, cut into disjoint intervals that each have one row. Few intervals become a tree of comparisons; many a sorted
/// table and a binary search without branches, which the verifier follows once.
/// </summary>
public sealed class NumberSet
{
    const int MaxCompared = 48;

    readonly RowTable _rows = new();
    readonly ulong[] _starts;
    readonly int[] _rowOf;

    /// <summary>Puts the ranges together.</summary>
    public NumberSet(IEnumerable<NumberedRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var all = ranges.Where(r => r.First <= r.Last).ToList();
        var changes = new SortedDictionary<ulong, List<(int Number, int Change)>> { [0] = [] };
        foreach (var range in all)
        {
            At(range.First).Add((range.Number, 1));
            if (range.Last != ulong.MaxValue) At(range.Last + 1).Add((range.Number, -1));
        }
        var active = new SortedDictionary<int, int>();
        var (starts, rows) = (new List<ulong>(), new List<int>());
        foreach (var (start, list) in changes)
        {
            foreach (var (number, change) in list)
            {
                var count = active.GetValueOrDefault(number) + change;
                if (count == 0) active.Remove(number);
                else active[number] = count;
            }
            var row = active.Count == 0 ? 0 : _rows.Add([.. active.Keys]);
            if (rows.Count > 0 && rows[^1] == row) continue;
            starts.Add(start);
            rows.Add(row);
        }
        (_starts, _rowOf) = ([.. starts], [.. rows]);

        List<(int Number, int Change)> At(ulong value)
        {
            if (!changes.TryGetValue(value, out var list)) changes.Add(value, list = []);
            return list;
        }
    }

    /// <summary>What the results mean.</summary>
    public RowTable Rows => _rows;

    /// <summary>Number of disjoint intervals, those that nothing contains included.</summary>
    public int Intervals => _starts.Length;

    /// <summary>The row of a value.</summary>
    public int Run(ulong value)
    {
        var at = Array.BinarySearch(_starts, value);
        return _rowOf[at >= 0 ? at : ~at - 1];
    }

    /// <summary>Adds the table and a static function <c>name(value)</c> that returns the row.</summary>
    public void AddTo(ObjectBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        _rows.AddTo(builder, name);
        if (_starts.Length <= MaxCompared)
        {
            builder.AddFunction(name, ["value"], code => Compare(code, code.Let(code.Parameter(0)), 0, _starts.Length));
            return;
        }
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)_starts.Length);
        var data = new byte[size * 12];
        for (var i = 0; i < size; i++)
        {
            // What pads the table is never the last start that is not above a value, but for the highest value, and then says the same.
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(i * 8), i < _starts.Length ? _starts[i] : ulong.MaxValue);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(size * 8 + i * 4), _rowOf[Math.Min(i, _starts.Length - 1)]);
        }
        var table = TableMap.Add(builder, $"{name}_table", data);
        builder.AddFunction(name, ["value"], code => Search(code, table, size));
    }

    /// <summary>Whether a number is in the row that a value holds, after <see cref="AddTo"/>.</summary>
    public Condition Test(CodeBuilder code, Value row, int number) => _rows.Test(code, row, number);

    void Compare(CodeBuilder code, Value value, int first, int count)
    {
        if (count == 1)
        {
            code.Return(_rowOf[first]);
            return;
        }
        var half = count / 2;
        using (code.If(value < code.Constant(_starts[first + half]))) Compare(code, value, first, half);
        Compare(code, value, first + half, count - half);
    }

    static void Search(CodeBuilder code, VariableSpec table, int size)
    {
        var value = code.Let(code.Parameter(0));
        var at = code.Let(0);
        var starts = code.Let(code.AddressOf(table));
        for (var step = size / 2; step > 0; step /= 2)
        {
            var start = code.Load(ScalarType.U64, starts + step * 8 + (at << 3));
            // The borrow of value - start, which says that the value is below.
            var below = ((~value & start) | ((~value | start) & (value - start))) >> 63;
            code.Assign(at, at + ((below ^ 1) << BitOperations.Log2((uint)step)));
        }
        code.Return(code.Load(ScalarType.U32, code.AddressOf(table.At(size * 8)) + (at << 2)));
    }
}
