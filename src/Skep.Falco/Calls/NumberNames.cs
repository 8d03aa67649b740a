using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Skep.Falco.Fields;

namespace Skep.Falco.Calls;

/// <summary>The names that values of an argument have: of the value as a whole, or of its bits.</summary>
sealed class NumberNames
{
    /// <summary>Bits of <c>open(2)</c> that are one number: what the file is opened for.</summary>
    const uint AccessMode = 3;

    static readonly FrozenDictionary<string, NumberNames> s_sets = EmbeddedTable.Lines("flags.txt").Select(line => new NumberNames(line.Split(' '))).ToFrozenDictionary(set => set._name);

    readonly string _name;
    readonly bool _areBits;
    readonly (byte[] Name, ulong Value)[] _names;

    NumberNames(string[] words)
    {
        (_name, _areBits) = (words[0], words[1] == "bits");
        _names = [.. words.Skip(2).Select(w => w.Split('=')).Select(w => (Encoding.ASCII.GetBytes(w[0]), ulong.Parse(w[1].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))];
    }

    /// <summary>A set by its name; null when there is none.</summary>
    public static NumberNames? Find(string name) => s_sets.GetValueOrDefault(name);

    bool IsOfOpen => _name == "open";

    /// <summary>Whether <paramref name="value"/> carries a name: values of an enumeration as a whole, others bit by bit.</summary>
    bool Holds(ulong value, ulong named)
    {
        if (!_areBits) return value == named;
        if (IsOfOpen && named <= 2) return (value & AccessMode) == named;
        return named != 0 && (value & named) == named;
    }

    /// <summary>Writes the names of a value, with <c>|</c> between them; nothing when it has none.</summary>
    public int Write(ulong value, Span<byte> target)
    {
        var length = 0;
        foreach (var (name, named) in _names)
        {
            if (!Holds(value, named)) continue;
            if (length + name.Length + 1 > target.Length) break;
            if (length > 0) target[length++] = (byte)'|';
            name.CopyTo(target[length..]);
            length += name.Length;
            if (!_areBits) break;
        }
        return length;
    }

    /// <summary>
    /// Masks of which one is set in every value whose names contain a text; null where that is not so, or where the text may lie across several names.
    /// </summary>
    public IReadOnlyList<ulong>? MasksOf(ReadOnlySpan<byte> text)
    {
        if (!_areBits || text.IsEmpty || text.Contains((byte)'|')) return null;
        var masks = new List<ulong>();
        foreach (var (name, value) in _names)
        {
            if (name.AsSpan().IndexOf(text) < 0) continue;
            if (value == 0 || (IsOfOpen && value <= 2 && value != 1)) return null;
            masks.Add(value);
        }
        return masks;
    }

    /// <summary>The values that a name stands for; empty when there is none of that name, null for bits.</summary>
    public IReadOnlyList<ulong>? ValuesOf(ReadOnlySpan<byte> wanted)
    {
        if (_areBits) return null;
        var values = new List<ulong>();
        foreach (var (name, value) in _names)
        {
            if (wanted.SequenceEqual(name) && IsToldAs(name, value)) values.Add(value);
        }
        return values;
    }

    /// <summary>The values whose name contains a text; null for bits, and where numbers without a name may contain it.</summary>
    public IReadOnlyList<ulong>? ValuesWith(ReadOnlySpan<byte> text)
    {
        if (_areBits || text.IsEmpty || !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return null;
        var values = new List<ulong>();
        foreach (var (name, value) in _names)
        {
            if (name.AsSpan().IndexOf(text) >= 0 && IsToldAs(name, value)) values.Add(value);
        }
        return values;
    }

    // Of several names of a value the first is told.
    bool IsToldAs(byte[] name, ulong value) => Array.Find(_names, n => n.Value == value).Name == name;
}
