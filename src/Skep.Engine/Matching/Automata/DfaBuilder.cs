using System.Runtime.InteropServices;

namespace Skep.Engine.Matching.Automata;

/// <summary>
/// The subset construction, then minimisation. A state is the set of the places in the NFA that matter from there on: bytes that it waits for, ends of
/// text, acceptances. Events are forgotten by the states that follow (the run collects them), so patterns that may match anywhere do not multiply.
/// </summary>
sealed class DfaBuilder
{
    readonly Nfa _nfa;
    readonly int _maxStates;
    readonly long _maxWork;
    readonly int[]?[] _closures;
    readonly Dictionary<int[], int> _states = new(new SetComparer());
    readonly List<int[]> _sets = [];
    readonly int[] _seen;
    int _stamp;
    long _work;

    DfaBuilder(Nfa nfa, int maxStates, long maxWork)
    {
        (_nfa, _maxStates, _maxWork) = (nfa, maxStates, maxWork);
        _closures = new int[]?[nfa.Nodes.Count];
        _seen = new int[nfa.Nodes.Count];
    }

    /// <summary>Builds the automaton; null when it would have more than the given number of bytes in its table, or would take too long to build.</summary>
    public static Dfa? Build(Nfa nfa, long maxBytes, long maxWork)
    {
        var (classOf, classes) = ByteClasses(nfa);
        // The automaton before minimisation may be larger than what is kept, but seldom is by much.
        var maxStates = (int)Math.Min(int.MaxValue, 3 * maxBytes / 2 / ((classes + 2) * sizeof(uint)) + 2);
        return new DfaBuilder(nfa, maxStates, maxWork).Build(classOf, classes);
    }

    static (byte[] ClassOf, int Count) ByteClasses(Nfa nfa)
    {
        var classOf = new int[256];
        var count = 1;
        foreach (var set in nfa.Nodes.Where(n => n.Kind == Nfa.NodeKind.Bytes).Select(n => n.Set).Distinct())
        {
            if (count == 256) break;
            var renamed = new Dictionary<(int, bool), int>();
            for (var c = 0; c < 256; c++)
            {
                var key = (classOf[c], set.Contains((byte)c));
                if (!renamed.TryGetValue(key, out var name)) renamed.Add(key, name = renamed.Count);
                classOf[c] = name;
            }
            count = renamed.Count;
        }
        return ([.. classOf.Select(c => (byte)c)], count);
    }

    Dfa? Build(byte[] classOf, int classes)
    {
        var byteOf = new byte[classes];
        for (var c = 255; c >= 0; c--) byteOf[classOf[c]] = (byte)c;
        var classesOf = new Dictionary<ByteSet, int[]>();
        var edges = new int[_nfa.Nodes.Count][];
        for (var i = 0; i < edges.Length; i++)
        {
            var node = _nfa.Nodes[i];
            if (node.Kind != Nfa.NodeKind.Bytes) continue;
            if (!classesOf.TryGetValue(node.Set, out var list))
            {
                classesOf.Add(node.Set, list = [.. Enumerable.Range(0, classes).Where(k => node.Set.Contains(byteOf[k]))]);
            }
            edges[i] = list;
        }

        var next = new List<int>();
        // Not interned: a later state with the same places is not at the text's start.
        _sets.Add(Closure(_nfa.Start, atStart: true));
        var targets = new List<int>[classes];
        for (var k = 0; k < classes; k++) targets[k] = [];
        var common = new List<int>();
        for (var state = 0; state < _sets.Count; state++)
        {
            // Most classes lead only where all do: that successor is made once.
            common.Clear();
            foreach (var place in _sets[state])
            {
                if (edges[place] is not { } list) continue;
                var target = _nfa.Nodes[place].Next[0];
                if (list.Length == classes) common.Add(target);
                else foreach (var k in list) targets[k].Add(target);
                _work += list.Length;
            }
            var otherwise = -1;
            for (var k = 0; k < classes; k++)
            {
                if (targets[k].Count == 0)
                {
                    if (otherwise < 0) otherwise = Intern(Union(common));
                    next.Add(otherwise);
                    continue;
                }
                targets[k].AddRange(common);
                next.Add(Intern(Union(targets[k])));
                targets[k].Clear();
            }
            if (_sets.Count > _maxStates || _work > _maxWork) return null;
        }
        return Minimise(classOf, classes, [.. next]);
    }

    int Intern(int[] set)
    {
        if (_states.TryGetValue(set, out var state)) return state;
        state = _sets.Count;
        _states.Add(set, state);
        _sets.Add(set);
        return state;
    }

    int[] Union(List<int> places)
    {
        if (places.Count == 0) return [];
        if (places.Count == 1) return Closure(places[0]);
        _stamp++;
        var union = new List<int>();
        foreach (var place in places)
        {
            var closure = Closure(place);
            _work += closure.Length;
            foreach (var inner in closure)
            {
                if (_seen[inner] == _stamp) continue;
                _seen[inner] = _stamp;
                union.Add(inner);
            }
        }
        union.Sort();
        return [.. union];
    }

    int[] Closure(int place) => _closures[place] ??= Closure(place, atStart: false);

    /// <summary>What is reached without a byte, ends of text not passed.</summary>
    int[] Closure(int place, bool atStart) =>
        Reach([place], kind => kind == Nfa.NodeKind.Split || (kind == Nfa.NodeKind.TextStart && atStart), kind => kind is not (Nfa.NodeKind.Split or Nfa.NodeKind.TextStart));

    /// <summary>Numbers accepted when the text ends here and not anyway.</summary>
    int[] FinalsOf(int[] set, bool atStart)
    {
        var ends = set.Where(p => _nfa.Nodes[p].Kind == Nfa.NodeKind.TextEnd).SelectMany(p => _nfa.Nodes[p].Next).ToArray();
        if (ends.Length == 0) return [];
        var places = Reach(ends, kind => kind is Nfa.NodeKind.Split or Nfa.NodeKind.TextEnd || (kind == Nfa.NodeKind.TextStart && atStart), kind => kind == Nfa.NodeKind.Accept);
        return [.. places.Select(p => _nfa.Nodes[p].Number).Distinct().Order()];
    }

    int[] Reach(ReadOnlySpan<int> from, Func<Nfa.NodeKind, bool> passes, Func<Nfa.NodeKind, bool> keeps)
    {
        var seen = new HashSet<int>();
        var kept = new List<int>();
        var pending = new Stack<int>();
        foreach (var place in from) pending.Push(place);
        while (pending.TryPop(out var place))
        {
            if (!seen.Add(place)) continue;
            var node = _nfa.Nodes[place];
            if (keeps(node.Kind)) kept.Add(place);
            if (!passes(node.Kind)) continue;
            foreach (var next in node.Next) pending.Push(next);
        }
        _work += seen.Count;
        kept.Sort();
        return [.. kept];
    }

    /// <summary>Moore's refinement: states differ by what they report, then by where they lead, until nothing more differs.</summary>
    Dfa Minimise(byte[] classOf, int classes, int[] next)
    {
        var count = _sets.Count;
        var events = new int[count][];
        var finals = new int[count][];
        var block = new int[count];
        var reports = new Dictionary<int[], int>(new SetComparer());
        for (var s = 0; s < count; s++)
        {
            events[s] = [.. _sets[s].Select(p => _nfa.Nodes[p].Number).Where(n => n >= 0).Distinct().Order()];
            finals[s] = FinalsOf(_sets[s], atStart: s == 0);
            int[] report = [.. events[s], -1, .. finals[s]];
            if (!reports.TryGetValue(report, out block[s])) reports.Add(report, block[s] = reports.Count);
        }
        var blocks = reports.Count;
        var behaviour = new Behaviour(block, next, classes);
        while (true)
        {
            var names = new Dictionary<int, int>(behaviour);
            var refined = new int[count];
            for (var s = 0; s < count; s++)
            {
                ref var name = ref CollectionsMarshal.GetValueRefOrAddDefault(names, s, out var exists);
                if (!exists) name = names.Count - 1;
                refined[s] = name;
            }
            refined.CopyTo(block, 0);
            if (names.Count == blocks) break;
            blocks = names.Count;
        }
        var representative = new int[blocks];
        for (var s = count - 1; s >= 0; s--) representative[block[s]] = s;
        var table = new int[blocks * classes];
        for (var b = 0; b < blocks; b++)
        {
            for (var k = 0; k < classes; k++) table[b * classes + k] = block[next[representative[b] * classes + k]];
        }
        return new Dfa
        {
            ClassOf = classOf,
            Classes = classes,
            Next = table,
            Events = [.. representative.Select(s => events[s])],
            Finals = [.. representative.Select(s => finals[s])],
        };
    }

    /// <summary>States are alike when they are in one block and lead to the same blocks.</summary>
    sealed class Behaviour(int[] block, int[] next, int classes) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y)
        {
            if (block[x] != block[y]) return false;
            for (var k = 0; k < classes; k++)
            {
                if (block[next[x * classes + k]] != block[next[y * classes + k]]) return false;
            }
            return true;
        }

        public int GetHashCode(int state)
        {
            var hash = (uint)block[state];
            for (var k = 0; k < classes; k++)
            {
                hash = (hash ^ (uint)block[next[state * classes + k]]) * 0x9e3779b1;
                hash ^= hash >> 15;
            }
            return (int)hash;
        }
    }

    sealed class SetComparer : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] set)
        {
            var hash = 17u;
            foreach (var item in set) hash = (hash ^ (uint)item) * 0x01000193 + (hash >> 15);
            return (int)hash;
        }
    }
}
