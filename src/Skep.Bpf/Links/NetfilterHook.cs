namespace Skep.Bpf;

/// <summary>Place in the path of a packet (include/uapi/linux/netfilter.h: <c>enum nf_inet_hooks</c>).</summary>
public enum NetfilterHook
{
    /// <summary>On arrival, before routing.</summary>
    PreRouting = 0,
    /// <summary>For this host.</summary>
    LocalIn = 1,
    /// <summary>Through this host.</summary>
    Forward = 2,
    /// <summary>From this host.</summary>
    LocalOut = 3,
    /// <summary>On departure, after routing.</summary>
    PostRouting = 4,
}
