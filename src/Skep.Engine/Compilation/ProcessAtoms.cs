using Skep.Engine.Matching;

namespace Skep.Engine.Compilation;

/// <summary>
/// What policies ask about a process, a bit each: evaluated once per execution and kept in the kernel's record of it, inherited by what it
/// forks. Bits of executables come first.
/// </summary>
sealed class ProcessAtoms(int capacity)
{
    readonly Dictionary<uint, int> _pids = [];

    /// <summary>Sets of patterns of executables; a set's number is its bit.</summary>
    public PatternSets Executables { get; } = new();

    /// <summary>Pids of the initial namespace; their bits follow those of executables.</summary>
    public IReadOnlyCollection<uint> Pids => _pids.Keys;

    public int Count => Executables.Count + _pids.Count;

    /// <summary>Whether there is room for all that was added.</summary>
    public bool Fit => Count <= capacity;

    public void Add(uint pid) => _pids.TryAdd(pid, _pids.Count);

    /// <summary>The bit of a set of patterns, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(IReadOnlyList<TextPattern> patterns) => Mask([Executables.NumberOf(patterns)]);

    /// <summary>The bits of some pids, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(IEnumerable<uint> pids) => Mask(pids.Select(BitOf));

    public int BitOf(uint pid) => Executables.Count + _pids[pid];

    static SortedDictionary<int, ulong> Mask(IEnumerable<int> bits)
    {
        var words = new SortedDictionary<int, ulong>();
        foreach (var bit in bits) words[bit / 64] = words.GetValueOrDefault(bit / 64) | 1UL << (bit % 64);
        return words;
    }
}
