namespace Skep.Bpf;

/// <summary>Where a struct_ops map is in its life (kernel/bpf/bpf_struct_ops.c: <c>enum bpf_struct_ops_state</c>).</summary>
public enum StructOpsState
{
    /// <summary>Created, without a value.</summary>
    Initial = 0,
    /// <summary>Registered with its subsystem.</summary>
    InUse = 1,
    /// <summary>Deleted, but still used, for example by sockets.</summary>
    ToBeFreed = 2,
    /// <summary>Has a value that a link may register. Requires at least Linux 6.4.</summary>
    Ready = 3,
}
