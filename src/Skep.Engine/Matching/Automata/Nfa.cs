namespace Skep.Engine.Matching.Automata;

/// <summary>
/// All patterns of an automaton as one nondeterministic machine. Literals share tries, one for those that begin where the text begins and two for
/// those that may begin anywhere (with and without case); other patterns are fragments that start beside them. A pattern is decided in one of two ways: an <em>event</em> accepts as soon as a
/// place is reached, whatever follows; a <em>final</em> accepts there only at the end of the text.
/// </summary>
sealed class Nfa
{
    const int MaxNodes = 200_000;
    const string AtLines = "(?m): an automaton does not know anchors that match at lines";

    readonly List<Node> _nodes = [];
    readonly Dictionary<(int Node, ByteSet Set), int> _children = [];
    readonly int _anchored;
    readonly int _floating;

    readonly bool _remembersPrefixes;

    /// <param name="remembersPrefixes">Whether prefixes are finals: the state then remembers them, which multiplies nothing where all patterns are anchored.</param>
    public Nfa(bool remembersPrefixes = false)
    {
        _remembersPrefixes = remembersPrefixes;
        Start = Add(NodeKind.Split);
        _anchored = Add(NodeKind.Split);
        _floating = Add(NodeKind.Split);
        _nodes[Start].Next.Add(_anchored);
        _nodes[Start].Next.Add(_floating);
    }

    public enum NodeKind : byte
    {
        Split,
        Bytes,
        TextStart,
        TextEnd,
        Accept,
    }

    public IReadOnlyList<Node> Nodes => _nodes;

    public int Start { get; }

    public void Add(TextPattern pattern, int number)
    {
        var text = pattern.Text;
        switch (pattern.Operator)
        {
            case TextOperator.Equal: AtEnd(Literal(_anchored, text, false), number); break;
            case TextOperator.Prefix when _remembersPrefixes: AtEnd(Anything(Literal(_anchored, text, false)), number); break;
            case TextOperator.Prefix: Accept(Literal(_anchored, text, false), number); break;
            case TextOperator.Suffix: AtEnd(Literal(Floating(), text, false), number); break;
            case TextOperator.Contains: Accept(Literal(Floating(), text, false), number); break;
            case TextOperator.ContainsIgnoringCase: Accept(Literal(Floating(), text, true), number); break;
            case TextOperator.Glob: Add(GlobParser.Parse(text), _anchored, number); break;
            case TextOperator.Regex:
                var tree = RegexParser.Parse(text);
                Add(tree, StartsAtStart(tree) ? _anchored : Floating(), number);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(pattern), pattern.Operator, "no such operator");
        }
    }

    // The loop that lets patterns begin anywhere is there only when one wants it: without it, texts that can match no more end early.
    int Floating()
    {
        if (_nodes[_floating].Next.Count == 0)
        {
            var any = Add(NodeKind.Bytes, ByteSet.All);
            _nodes[any].Next.Add(_floating);
            _nodes[_floating].Next.Add(any);
        }
        return _floating;
    }

    int Anything(int from) => Add(new PatternNode.Repeat(new PatternNode.Set(ByteSet.All), 0, -1), from);

    static bool StartsAtStart(PatternNode node) => node switch
    {
        PatternNode.TextStart => true,
        PatternNode.Sequence { Parts: [var first, ..] } => StartsAtStart(first),
        PatternNode.Choice choice => choice.Parts.All(StartsAtStart),
        PatternNode.Repeat { Minimum: > 0 } repeat => StartsAtStart(repeat.Inner),
        _ => false,
    };

    int Literal(int from, byte[] text, bool ignoringCase)
    {
        var at = from;
        foreach (var c in text)
        {
            var set = ignoringCase ? ByteSet.Of(c).IgnoringCase() : ByteSet.Of(c);
            if (!_children.TryGetValue((at, set), out var next))
            {
                var edge = Add(NodeKind.Bytes, set);
                next = Add(NodeKind.Split);
                _nodes[at].Next.Add(edge);
                _nodes[edge].Next.Add(next);
                _children.Add((at, set), next);
            }
            at = next;
        }
        return at;
    }

    void Accept(int at, int number)
    {
        var accept = Add(NodeKind.Accept);
        _nodes[accept].Number = number;
        _nodes[at].Next.Add(accept);
    }

    void AtEnd(int at, int number)
    {
        var end = Add(NodeKind.TextEnd);
        _nodes[at].Next.Add(end);
        Accept(end, number);
    }

    void Add(PatternNode tree, int from, int number)
    {
        var start = Add(NodeKind.Split);
        Accept(Add(tree, start), number);
        _nodes[from].Next.Add(start);
    }

    /// <summary>Adds a fragment behind a node; the node where it ends.</summary>
    int Add(PatternNode tree, int from)
    {
        switch (tree)
        {
            case PatternNode.Set set:
                var edge = Add(NodeKind.Bytes, set.Accepted);
                _nodes[from].Next.Add(edge);
                return Follow(edge);
            case PatternNode.TextStart:
                return Assert(NodeKind.TextStart, from);
            case PatternNode.TextEnd:
                return Assert(NodeKind.TextEnd, from);
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts) from = Add(part, from);
                return from;
            case PatternNode.Choice choice:
                var join = Add(NodeKind.Split);
                foreach (var part in choice.Parts) _nodes[Add(part, Follow(from))].Next.Add(join);
                return join;
            case PatternNode.Repeat repeat:
                return AddRepeat(repeat, from);
            case PatternNode.WordBoundary boundary:
                throw new PatternSyntaxException($"\\{(boundary.Negated ? 'B' : 'b')}: an automaton does not know word boundaries", boundary.Place, LeftOutReason.Unsupported);
            case PatternNode.LineStart { Place: var place }:
                throw new PatternSyntaxException(AtLines, place, LeftOutReason.Unsupported);
            case PatternNode.LineEnd { Place: var place }:
                throw new PatternSyntaxException(AtLines, place, LeftOutReason.Unsupported);
            default:
                throw new ArgumentOutOfRangeException(nameof(tree));
        }
    }

    int AddRepeat(PatternNode.Repeat repeat, int from)
    {
        for (var i = 0; i < repeat.Minimum; i++) from = Add(repeat.Inner, from);
        if (repeat.Maximum < 0)
        {
            var loop = Follow(from);
            _nodes[Add(repeat.Inner, Follow(loop))].Next.Add(loop);
            return Follow(loop);
        }
        var end = Add(NodeKind.Split);
        for (var i = repeat.Minimum; i < repeat.Maximum; i++)
        {
            _nodes[from].Next.Add(end);
            from = Add(repeat.Inner, Follow(from));
        }
        _nodes[from].Next.Add(end);
        return end;
    }

    int Assert(NodeKind kind, int from)
    {
        var node = Add(kind);
        _nodes[from].Next.Add(node);
        return Follow(node);
    }

    int Follow(int from)
    {
        var node = Add(NodeKind.Split);
        _nodes[from].Next.Add(node);
        return node;
    }

    int Add(NodeKind kind, ByteSet set = default)
    {
        if (_nodes.Count >= MaxNodes) throw new PatternSyntaxException($"the pattern is too large: more than {MaxNodes} places", 0, LeftOutReason.TooLarge);
        _nodes.Add(new Node(kind, set));
        return _nodes.Count - 1;
    }

    internal sealed class Node(NodeKind kind, ByteSet set)
    {
        public NodeKind Kind { get; } = kind;

        public ByteSet Set { get; } = set;

        public int Number { get; set; } = -1;

        public List<int> Next { get; } = [];
    }
}
