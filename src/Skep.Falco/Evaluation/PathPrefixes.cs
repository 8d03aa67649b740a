using Skep.Engine.Evaluation;
using Skep.Engine.Matching;

namespace Skep.Falco.Evaluation;

/// <summary>Paths of which one must be the beginning of another, part by part. Parts of theirs may be patterns.</summary>
sealed class PathPrefixes
{
    readonly Node _root = new();

    public PathPrefixes(IEnumerable<byte[]> paths)
    {
        foreach (var path in paths) Add(path);
    }

    public bool Covers(ReadOnlySpan<byte> path) => Covers(_root, path);

    static bool Covers(Node node, ReadOnlySpan<byte> rest)
    {
        if (node.IsEnd) return true;
        if (!TakePart(ref rest, out var part)) return false;
        if (node.Parts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(part, out var next) && Covers(next, rest)) return true;
        foreach (var (pattern, below) in node.Patterns)
        {
            if (pattern.IsMatch(part) && Covers(below, rest)) return true;
        }
        return false;
    }

    void Add(byte[] path)
    {
        var node = _root;
        ReadOnlySpan<byte> rest = path;
        while (TakePart(ref rest, out var part)) node = part.IndexOfAny("?*["u8) < 0 ? node.Below(part) : node.BelowPattern(part);
        node.IsEnd = true;
    }

    static bool TakePart(ref ReadOnlySpan<byte> path, out ReadOnlySpan<byte> part)
    {
        path = path.TrimStart((byte)'/');
        var slash = path.IndexOf((byte)'/');
        part = slash < 0 ? path : path[..slash];
        path = path[part.Length..];
        return part.Length > 0;
    }

    sealed class Node
    {
        public Dictionary<byte[], Node> Parts { get; } = new(new ByteStringComparer());

        public List<(ByteRegex Pattern, Node Below)> Patterns { get; } = [];

        public bool IsEnd { get; set; }

        public Node Below(ReadOnlySpan<byte> part)
        {
            if (Parts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(part, out var node)) return node;
            return Parts[part.ToArray()] = new();
        }

        public Node BelowPattern(ReadOnlySpan<byte> part)
        {
            var node = new Node();
            Patterns.Add((new(new(TextOperator.Glob, part.ToArray())), node));
            return node;
        }
    }
}
