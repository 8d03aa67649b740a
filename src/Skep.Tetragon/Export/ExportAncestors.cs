namespace Skep.Tetragon.Export;

/// <summary>Events that list the ancestors beyond the parent.</summary>
[Flags]
public enum ExportAncestors
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><c>process_exec</c> and <c>process_exit</c>.</summary>
    Base = 1 << 0,

    /// <summary><c>process_kprobe</c>.</summary>
    Kprobe = 1 << 1,

    /// <summary><c>process_tracepoint</c>.</summary>
    Tracepoint = 1 << 2,

    /// <summary><c>process_lsm</c>.</summary>
    Lsm = 1 << 3,

    /// <summary><c>process_uprobe</c>.</summary>
    Uprobe = 1 << 4,

    /// <summary><c>process_usdt</c>.</summary>
    Usdt = 1 << 5,
}
