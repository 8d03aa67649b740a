using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>
/// What policies ask about a process, a bit each: evaluated once per execution and kept in the kernel's record of it, inherited by what it
/// forks. Bits of executables come first.
/// </summary>
sealed class ProcessAtoms(int capacity)
{
    readonly Dictionary<PidAtom, int> _pids = [];

    /// <summary>Sets of patterns of executables; a set's number is its bit.</summary>
    public PatternSets Executables { get; } = new();

    /// <summary>Pids; their bits follow those of executables.</summary>
    public IReadOnlyCollection<PidAtom> Pids => _pids.Keys;

    public int Count => Executables.Count + _pids.Count;

    /// <summary>Whether there is room for all that was added.</summary>
    public bool Fit => Count <= capacity;

    public void Add(PidCondition pids)
    {
        foreach (var pid in pids.Pids) _pids.TryAdd(new PidAtom(pid, pids.InNamespace), _pids.Count);
    }

    /// <summary>The bit of a set of patterns, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(IReadOnlyList<TextPattern> patterns) => Mask([Executables.NumberOf(patterns)]);

    /// <summary>The bits of some pids, by word; valid once everything is added.</summary>
    public SortedDictionary<int, ulong> MaskOf(PidCondition pids) => Mask(pids.Pids.Select(pid => BitOf(new PidAtom(pid, pids.InNamespace))));

    public int BitOf(PidAtom pid) => Executables.Count + _pids[pid];

    static SortedDictionary<int, ulong> Mask(IEnumerable<int> bits)
    {
        var words = new SortedDictionary<int, ulong>();
        foreach (var bit in bits) words[bit / 64] = words.GetValueOrDefault(bit / 64) | 1UL << (bit % 64);
        return words;
    }
}
