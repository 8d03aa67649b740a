using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>
/// What policies ask about a process, a bit each: evaluated once per execution and kept in the kernel's record of it, inherited by what it
/// forks. Bits of texts come first, in the order of the automaton's patterns.
/// </summary>
sealed class ProcessAtoms(int capacity)
{
    readonly Dictionary<TextPattern, int> _texts = [];
    readonly Dictionary<uint, int> _pids = [];

    /// <summary>Patterns of executables; a pattern's number is its bit.</summary>
    public IReadOnlyList<TextPattern> Texts => [.. _texts.Keys];

    /// <summary>Pids of the initial namespace by their number among pids; their bits follow those of texts.</summary>
    public IReadOnlyList<uint> Pids => [.. _pids.Keys];

    public int Count => _texts.Count + _pids.Count;

    /// <summary>Whether there is room for all that was added.</summary>
    public bool Fit => Count <= capacity;

    public void Add(TextPattern pattern) => _texts.TryAdd(pattern, _texts.Count);

    public void Add(uint pid) => _pids.TryAdd(pid, _pids.Count);

    /// <summary>The bits of some patterns, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(IEnumerable<TextPattern> patterns) => Mask(patterns.Select(p => _texts[p]));

    /// <summary>The bits of some pids, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(IEnumerable<uint> pids) => Mask(pids.Select(BitOf));

    public int BitOf(uint pid) => _texts.Count + _pids[pid];

    static SortedDictionary<int, ulong> Mask(IEnumerable<int> bits)
    {
        var words = new SortedDictionary<int, ulong>();
        foreach (var bit in bits) words[bit / 64] = words.GetValueOrDefault(bit / 64) | 1UL << (bit % 64);
        return words;
    }
}
