namespace Skep.Bpf;

/// <summary>Where along a route a lightweight tunnel program runs (include/uapi/linux/lwtunnel.h: <c>LWT_BPF_*</c>).</summary>
enum LwtHook
{
    /// <summary>For packets that arrive for the route.</summary>
    In = 1,
    /// <summary>For packets of this host, after routing.</summary>
    Out = 2,
    /// <summary>Before transmission; may add headers and redirect.</summary>
    Transmit = 3,
    /// <summary>As the action of an IPv6 segment (<c>End.BPF</c>); not of that header.</summary>
    Segment,
}
