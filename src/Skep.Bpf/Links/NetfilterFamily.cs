namespace Skep.Bpf;

/// <summary>Protocol family of a netfilter hook (include/uapi/linux/netfilter.h: <c>NFPROTO_*</c>).</summary>
public enum NetfilterFamily
{
    /// <summary>IPv4.</summary>
    IPv4 = 2,
    /// <summary>IPv6.</summary>
    IPv6 = 10,
}
