using System.Text;

namespace Skep.Tetragon.Filters;

/// <summary>Members that a mask names, as a tree. One without children stands for all below it.</summary>
sealed class FieldMaskNode
{
    readonly List<(byte[] Name, FieldMaskNode Node)> _children = [];

    public bool IsAll => _children.Count == 0;

    public void Add(ReadOnlySpan<string> path)
    {
        var node = this;
        for (var i = 0; i < path.Length; i++)
        {
            var name = Encoding.UTF8.GetBytes(path[i]);
            var child = node.Find(name);
            // A shorter path that is there already says all that a longer one could.
            if (child is { IsAll: true }) return;
            if (child is null) node._children.Add((name, child = new FieldMaskNode()));
            if (i == path.Length - 1) child._children.Clear();
            node = child;
        }
    }

    public FieldMaskNode? Find(ReadOnlySpan<byte> name)
    {
        foreach (var (known, node) in _children)
        {
            if (name.SequenceEqual(known)) return node;
        }
        return null;
    }

    /// <summary>What both name; null when that is nothing.</summary>
    public static FieldMaskNode? Intersect(FieldMaskNode a, FieldMaskNode b)
    {
        if (a.IsAll) return b;
        if (b.IsAll) return a;
        var both = new FieldMaskNode();
        foreach (var (name, node) in a._children)
        {
            if (b.Find(name) is { } other && Intersect(node, other) is { } common) both._children.Add((name, common));
        }
        return both.IsAll ? null : both;
    }
}
