namespace Skep.Tetragon.Export;

/// <summary>The section of a policy that a hook comes from, which decides the kind of its events.</summary>
public enum ExportSection
{
    /// <summary><c>process_kprobe</c>; of <c>fentries</c> too.</summary>
    Kprobe,

    /// <summary><c>process_tracepoint</c>.</summary>
    Tracepoint,

    /// <summary><c>process_lsm</c>.</summary>
    Lsm,

    /// <summary><c>process_uprobe</c>.</summary>
    Uprobe,

    /// <summary><c>process_usdt</c>.</summary>
    Usdt,
}
