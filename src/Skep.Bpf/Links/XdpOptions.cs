namespace Skep.Bpf;

/// <summary>How an XDP program is attached.</summary>
public sealed record XdpOptions
{
    /// <summary>Where it runs.</summary>
    public XdpMode Mode { get; init; }

    /// <summary>Attach by netlink, as kernels before 5.9 need, although a link might be possible. The program then stays until disposed.</summary>
    public bool UseNetlink { get; init; }
}
