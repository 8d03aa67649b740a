namespace Skep.Bpf;

/// <summary>Several attachments that belong together, such as one probe per site or one event per CPU; disposed as one.</summary>
public sealed class LinkSet : BpfLink
{
    readonly IReadOnlyList<BpfLink> _links;

    internal LinkSet(IReadOnlyList<BpfLink> links) : base(null) => _links = links;

    /// <summary>The attachments.</summary>
    public IReadOnlyList<BpfLink> Links => _links;

    /// <summary>Replaces the program of each attachment in turn; not atomic over all of them.</summary>
    public override void Update(BpfProgram program, BpfProgram? expectedOld = null)
    {
        foreach (var link in _links) link.Update(program, expectedOld);
    }

    /// <summary>Detaches each attachment in turn.</summary>
    public override void Detach()
    {
        foreach (var link in _links) link.Detach();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var link in _links) link.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Attaches to each target; when one fails, takes off those before it.</summary>
    internal static LinkSet Attach<T>(IEnumerable<T> targets, Func<T, BpfLink> attach)
    {
        var links = new List<BpfLink>();
        try
        {
            foreach (var target in targets) links.Add(attach(target));
            return new LinkSet(links);
        }
        catch
        {
            foreach (var link in links) link.Dispose();
            throw;
        }
    }
}
