using System.Runtime.InteropServices;
using Skep.Bpf;

namespace Skep.Engine.Compilation;

/// <summary>
/// Which bit of processes means what, from one generation to the next: what is asked again keeps its bit, so that the kernel can carry over what
/// it has found out of each process. The kernel's map is the only copy: the next agent goes on with it.
/// </summary>
sealed class AtomTable
{
    readonly BpfMap? _map;
    readonly Entry[] _entries;

    /// <summary>Reads what is in the kernel.</summary>
    public AtomTable(BpfMap map)
    {
        _map = map;
        _entries = new Entry[map.MaxEntries];
        for (var bit = 0; bit < _entries.Length; bit++) map.TryLookup(BitConverter.GetBytes(bit), MemoryMarshal.AsBytes(_entries.AsSpan(bit, 1)));
    }

    /// <summary>A table of no kernel, to see what would be compiled.</summary>
    public AtomTable(int capacity) => _entries = new Entry[capacity];

    /// <summary>Chooses a bit for each of these: the one that it has, or one that means nothing in the generation in force.</summary>
    /// <exception cref="BpfException">There are not enough bits.</exception>
    public IReadOnlyDictionary<string, int> Assign(IReadOnlyCollection<string> atoms)
    {
        var known = new Dictionary<ulong, int>();
        for (var bit = 0; bit < _entries.Length; bit++)
        {
            if (_entries[bit].Since != 0) known[_entries[bit].Name] = bit;
        }
        var bits = new Dictionary<string, int>(StringComparer.Ordinal);
        var next = 0;
        foreach (var atom in atoms)
        {
            if (known.TryGetValue(StableHash.Of(atom), out var bit))
            {
                bits[atom] = bit;
                continue;
            }
            while (next < _entries.Length && _entries[next].Since != 0) next++;
            if (next == _entries.Length)
            {
                throw new BpfException($"policies ask for {atoms.Count} different executables and pids; with those of the policies before, the kernel's records of processes have room for {_entries.Length}");
            }
            bits[atom] = next++;
        }
        return bits;
    }

    /// <summary>The first of the generations without interruption in which a bit means what it means now; 0 for none.</summary>
    public uint SinceOf(int bit) => _entries[bit].Since;

    /// <summary>Puts an assignment into the kernel, right before the generation is put in force that it is for.</summary>
    public void Commit(IReadOnlyDictionary<string, int> bits, uint generation)
    {
        var names = bits.ToDictionary(atom => atom.Value, atom => StableHash.Of(atom.Key));
        for (var bit = 0; bit < _entries.Length; bit++)
        {
            var entry = names.TryGetValue(bit, out var name)
                ? new Entry { Name = name, Since = _entries[bit].Since != 0 && _entries[bit].Name == name ? _entries[bit].Since : generation }
                : default;
            if (entry == _entries[bit]) continue;
            _entries[bit] = entry;
            _map?.Update(BitConverter.GetBytes(bit), MemoryMarshal.AsBytes(_entries.AsSpan(bit, 1)));
        }
    }

    /// <summary><c>struct atom</c> of <c>bpf/engine.h</c>.</summary>
    record struct Entry
    {
        public ulong Name { get; set; }

        public uint Since { get; set; }

        public uint Reserved { get; set; }
    }
}
