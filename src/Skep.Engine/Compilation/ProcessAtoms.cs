using System.Globalization;
using Skep.Bpf;
using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>
/// What policies ask about a process, a bit each: evaluated once per execution and kept in the kernel's record of it, inherited by what it
/// forks.
/// </summary>
sealed class ProcessAtoms(AtomTable table)
{
    const int MostNamed = 4;

    readonly HashSet<PidAtom> _pids = [];
    IReadOnlyDictionary<string, int> _bits = new Dictionary<string, int>();

    /// <summary>Sets of patterns of executables.</summary>
    public PatternSets Executables { get; } = new();

    /// <summary>Pids.</summary>
    public IReadOnlyCollection<PidAtom> Pids => _pids;

    /// <summary>What each bit means; to be put into the table when the programs are put in force.</summary>
    public IReadOnlyDictionary<string, int> Bits => _bits;

    public void Add(PidCondition pids)
    {
        foreach (var pid in pids.Pids) _pids.Add(new PidAtom(pid, pids.InNamespace));
    }

    /// <summary>Gives each its bit, once everything is added.</summary>
    /// <exception cref="BpfException">There are more than the kernel's records have room for.</exception>
    public void Assign() => _bits = table.Assign([.. Executables.Keys.Select(key => "executable " + key), .. _pids.Select(NameOf)]);

    /// <summary>The bit of a set of patterns, by word.</summary>
    public SortedDictionary<int, ulong> MaskOf(IReadOnlyList<TextPattern> patterns) => Mask([BitOfExecutable(Executables.NumberOf(patterns))]);

    /// <summary>The bits of some pids, by word.</summary>
    public SortedDictionary<int, ulong> MaskOf(PidCondition pids) => Mask(pids.Pids.Select(pid => BitOf(new PidAtom(pid, pids.InNamespace))));

    /// <summary>What each bit asks, for people.</summary>
    public IReadOnlyList<ProcessQuestion> Questions =>
        [.. Executables.Keys.Select((_, number) => new ProcessQuestion(BitOfExecutable(number), TextOf(Executables.PatternsOf(number)))),
            .. _pids.Select(pid => new ProcessQuestion(BitOf(pid), string.Create(CultureInfo.InvariantCulture, $"pid {(pid.InNamespace ? "in its namespace " : "")}{pid.Pid}")))];

    static string TextOf(IReadOnlyList<TextPattern> patterns) =>
        $"executable {string.Join(" or ", patterns.Take(MostNamed))}{(patterns.Count > MostNamed ? $" or {patterns.Count - MostNamed} more" : "")}";

    public int BitOf(PidAtom pid) => _bits[NameOf(pid)];

    /// <summary>The bit of a set of patterns, by its number.</summary>
    public int BitOfExecutable(int number) => _bits["executable " + Executables.Keys[number]];

    static string NameOf(PidAtom pid) => string.Create(CultureInfo.InvariantCulture, $"pid {pid.Pid} {pid.InNamespace}");

    static SortedDictionary<int, ulong> Mask(IEnumerable<int> bits)
    {
        var words = new SortedDictionary<int, ulong>();
        foreach (var bit in bits) words[bit / 64] = words.GetValueOrDefault(bit / 64) | 1UL << (bit % 64);
        return words;
    }
}
