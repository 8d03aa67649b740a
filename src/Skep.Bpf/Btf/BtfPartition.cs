namespace Skep.Bpf;

/// <summary>The coarsest partition of types into classes of equals: Hopcroft's algorithm, see <see cref="BtfDeduplicator"/>.</summary>
sealed class BtfPartition
{
    // Classes are runs of _elements; a class that is being split has its marked nodes first.
    readonly int[] _elements;
    readonly int[] _positions;
    readonly int[] _classOf;
    readonly List<int> _starts = [];
    readonly List<int> _ends = [];
    readonly List<int> _marked = [];
    readonly Stack<int> _splitters = [];

    // Edges into a node: a run of _sources, with the number that the edge has at its source.
    readonly int[] _edgeStarts;
    readonly long[] _sources;

    public BtfPartition(BtfBuilder types, BtfForwards forwards)
    {
        var count = (int)(types.Count - types.FirstId);
        (_elements, _positions, _classOf, _edgeStarts) = (new int[count], new int[count], new int[count], new int[count + 1]);
        _sources = CollectEdges(types, forwards);
        GroupByLabel(types);
        Refine();
    }

    public int ClassOf(int node) => _classOf[node];

    long[] CollectEdges(BtfBuilder types, BtfForwards forwards)
    {
        Walk(types, forwards, (_, _, target) => _edgeStarts[target + 1]++);
        for (var i = 0; i < _edgeStarts.Length - 1; i++) _edgeStarts[i + 1] += _edgeStarts[i];
        var filled = new int[_elements.Length];
        var sources = new long[_edgeStarts[^1]];
        Walk(types, forwards, (source, number, target) => sources[_edgeStarts[target] + filled[target]++] = (long)number << 32 | (uint)source);
        return sources;
    }

    static void Walk(BtfBuilder types, BtfForwards forwards, Action<int, int, int> visit)
    {
        for (var id = types.FirstId; id < types.Count; id++)
        {
            var record = types.Record(id);
            var source = (int)(id - types.FirstId);
            var shape = BtfShape.Of(record[1]);
            if (shape.HeadIsType && record[2] >= types.FirstId) visit(source, 0, forwards.Follow((int)(record[2] - types.FirstId)));
            if (shape.TypeAt < 0) continue;
            for (var i = 0; i < shape.Count; i++)
            {
                var target = record[BtfShape.HeadWords + i * shape.Stride + shape.TypeAt];
                if (target >= types.FirstId) visit(source, i + 1, forwards.Follow((int)(target - types.FirstId)));
            }
        }
    }

    void GroupByLabel(BtfBuilder types)
    {
        var classes = new Dictionary<Label, int>();
        var sizes = new List<int>();
        for (var node = 0; node < _classOf.Length; node++)
        {
            var words = types.Record(types.FirstId + (uint)node);
            var label = new Label(words.ToArray(), node, types.FirstId);
            if (!classes.TryGetValue(label, out var index))
            {
                classes.Add(label, index = classes.Count);
                sizes.Add(0);
            }
            _classOf[node] = index;
            sizes[index]++;
        }
        var start = 0;
        for (var i = 0; i < sizes.Count; i++)
        {
            _starts.Add(start);
            _ends.Add(start);
            _marked.Add(0);
            _splitters.Push(i);
            start += sizes[i];
        }
        for (var node = 0; node < _classOf.Length; node++)
        {
            var position = _ends[_classOf[node]]++;
            _elements[position] = node;
            _positions[node] = position;
        }
    }

    void Refine()
    {
        var incoming = new List<long>();
        var touched = new List<int>();
        while (_splitters.TryPop(out var splitter))
        {
            incoming.Clear();
            for (var i = _starts[splitter]; i < _ends[splitter]; i++)
            {
                var node = _elements[i];
                for (var edge = _edgeStarts[node]; edge < _edgeStarts[node + 1]; edge++) incoming.Add(_sources[edge]);
            }
            incoming.Sort();
            for (var i = 0; i < incoming.Count;)
            {
                var number = incoming[i] >> 32;
                for (; i < incoming.Count && incoming[i] >> 32 == number; i++) Mark((int)incoming[i], touched);
                foreach (var index in touched) Split(index);
                touched.Clear();
            }
        }
    }

    void Mark(int node, List<int> touched)
    {
        var index = _classOf[node];
        var place = _starts[index] + _marked[index];
        if (_marked[index]++ == 0) touched.Add(index);
        var (other, position) = (_elements[place], _positions[node]);
        (_elements[place], _elements[position]) = (node, other);
        (_positions[node], _positions[other]) = (place, position);
    }

    void Split(int index)
    {
        var (start, end, marked) = (_starts[index], _ends[index], _marked[index]);
        _marked[index] = 0;
        var middle = start + marked;
        if (middle == end) return;
        // The smaller part becomes the new class, and a splitter; if the old class still waits as one, both parts will be.
        var (from, to) = marked <= end - middle ? (start, middle) : (middle, end);
        if (from == start) _starts[index] = middle;
        else _ends[index] = middle;
        var created = _starts.Count;
        _starts.Add(from);
        _ends.Add(to);
        _marked.Add(0);
        for (var i = from; i < to; i++) _classOf[_elements[i]] = created;
        _splitters.Push(created);
    }

    /// <summary>What a type says besides its edges to own types. Variables and sections are only like themselves.</summary>
    readonly struct Label : IEquatable<Label>
    {
        const uint Edge = uint.MaxValue;

        readonly uint[] _words;
        readonly int _unique;
        readonly int _hash;

        public Label(uint[] words, int node, uint firstId)
        {
            _words = words;
            var kind = (BtfKind)((words[1] >> 24) & 0x1f);
            _unique = kind is BtfKind.Variable or BtfKind.DataSection ? node : -1;
            var shape = BtfShape.Of(words[1]);
            if (shape.HeadIsType && words[2] >= firstId) words[2] = Edge;
            for (var i = 0; shape.TypeAt >= 0 && i < shape.Count; i++)
            {
                ref var word = ref words[BtfShape.HeadWords + i * shape.Stride + shape.TypeAt];
                if (word >= firstId) word = Edge;
            }
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()));
            hash.Add(_unique);
            _hash = hash.ToHashCode();
        }

        public bool Equals(Label other) => _unique == other._unique && _words.AsSpan().SequenceEqual(other._words);

        public override bool Equals(object? obj) => obj is Label other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
