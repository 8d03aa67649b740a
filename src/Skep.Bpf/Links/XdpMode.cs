namespace Skep.Bpf;

/// <summary>Where in the receive path an XDP program runs (include/uapi/linux/if_link.h: <c>XDP_FLAGS_*_MODE</c>).</summary>
public enum XdpMode
{
    /// <summary>In the driver where it can, else in the generic path.</summary>
    Automatic = 0,
    /// <summary>In the generic path, after the socket buffer is made; works on every device.</summary>
    Generic = 1 << 1,
    /// <summary>In the driver.</summary>
    Native = 1 << 2,
    /// <summary>On the network card.</summary>
    Hardware = 1 << 3,
}
