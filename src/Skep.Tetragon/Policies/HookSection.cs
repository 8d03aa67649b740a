namespace Skep.Tetragon.Policies;

/// <summary>Sections of a TracingPolicy.</summary>
public enum HookSection
{
    /// <summary><c>kprobes</c>.</summary>
    Kprobe,

    /// <summary><c>fentries</c>; their events look like those of kprobes.</summary>
    Fentry,

    /// <summary><c>tracepoints</c>.</summary>
    Tracepoint,

    /// <summary><c>lsmhooks</c>.</summary>
    Lsm,

    /// <summary><c>uprobes</c>.</summary>
    Uprobe,

    /// <summary><c>usdts</c>.</summary>
    Usdt,

    /// <summary><c>executions</c>, which Tetragon does not have.</summary>
    Execution,

    /// <summary><c>exits</c>, which Tetragon does not have.</summary>
    Exit,
}
