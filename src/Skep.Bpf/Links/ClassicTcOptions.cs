namespace Skep.Bpf;

/// <summary>How a classic tc filter is placed.</summary>
public sealed record ClassicTcOptions
{
    /// <summary>Order among filters, 1 to 65535, lower runs first; 0 lets the kernel choose one before all others.</summary>
    public ushort Priority { get; init; }

    /// <summary>Handle of the filter within its priority; 0 lets the kernel choose.</summary>
    public uint Handle { get; init; }
}
