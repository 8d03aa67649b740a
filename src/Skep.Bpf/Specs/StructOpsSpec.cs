namespace Skep.Bpf;

/// <summary>An instance of a kernel struct of function pointers, implemented by programs (<c>SEC(".struct_ops")</c>).</summary>
public sealed class StructOpsSpec
{
    /// <summary>Name of the kernel struct, for example <c>tcp_congestion_ops</c>.</summary>
    public required string TypeName { get; init; }

    /// <summary>Type of the instance in the object's BTF.</summary>
    public uint TypeId { get; init; }

    /// <summary>Initial bytes of the struct as the object lays it out.</summary>
    public required byte[] Data { get; init; }

    /// <summary>Function pointers: byte offset in <see cref="Data"/> to program name.</summary>
    public Dictionary<int, string> Functions { get; } = [];
}
