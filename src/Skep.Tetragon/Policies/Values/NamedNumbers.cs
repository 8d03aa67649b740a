using Flags = Skep.Engine.Processes.ProcessFlags;

namespace Skep.Tetragon.Policies.Values;

/// <summary>The kernel's names of numbers that policies use.</summary>
static class NamedNumbers
{
    /// <summary>Address families.</summary>
    public static IReadOnlyDictionary<string, uint> Families { get; } = Count("AF_", 0,
        "UNSPEC UNIX INET AX25 IPX APPLETALK NETROM BRIDGE ATMPVC X25 INET6 ROSE DECnet NETBEUI SECURITY KEY NETLINK PACKET ASH ECONET ATMSVC RDS SNA IRDA PPPOX WANPIPE LLC IB "
        + "MPLS CAN TIPC BLUETOOTH IUCV RXRPC ISDN PHONET IEEE802154 CAIF ALG NFC VSOCK KCM QIPCRTR SMC XDP MCTP", ("LOCAL", 1), ("ROUTE", 16));

    /// <summary>Protocols of the internet.</summary>
    public static IReadOnlyDictionary<string, uint> Protocols { get; } = Count("IPPROTO_", 0, "IP ICMP IGMP",
        ("IPIP", 4), ("TCP", 6), ("EGP", 8), ("PUP", 12), ("UDP", 17), ("IDP", 22), ("TP", 29), ("DCCP", 33), ("IPV6", 41), ("ROUTING", 43), ("FRAGMENT", 44), ("RSVP", 46), ("GRE", 47),
        ("ESP", 50), ("AH", 51), ("ICMPV6", 58), ("NONE", 59), ("DSTOPTS", 60), ("MTP", 92), ("BEETPH", 94), ("ENCAP", 98), ("PIM", 103), ("COMP", 108), ("L2TP", 115), ("SCTP", 132),
        ("MH", 135), ("UDPLITE", 136), ("MPLS", 137), ("ETHERNET", 143), ("RAW", 255), ("SMC", 256), ("MPTCP", 262));

    /// <summary>States of TCP sockets.</summary>
    public static IReadOnlyDictionary<string, uint> States { get; } = Count("TCP_", 1,
        "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV");

    /// <summary>Capabilities.</summary>
    public static IReadOnlyDictionary<string, uint> Capabilities { get; } = Count("CAP_", 0,
        "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
        + "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM "
        + "BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE");

    /// <summary>Types of file, as bits of a mode.</summary>
    public static IReadOnlyDictionary<string, uint> FileTypes { get; } = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["sock"] = 0xC000, ["socket"] = 0xC000, ["lnk"] = 0xA000, ["link"] = 0xA000, ["reg"] = 0x8000, ["regular"] = 0x8000, ["blk"] = 0x6000, ["block"] = 0x6000,
        ["dir"] = 0x4000, ["chr"] = 0x2000, ["char"] = 0x2000, ["fifo"] = 0x1000, ["pipe"] = 0x1000,
    };

    /// <summary>What is peculiar of an execution.</summary>
    public static IReadOnlyDictionary<string, uint> ProcessFlags { get; } = new Dictionary<string, uint>(StringComparer.Ordinal)
    {
        ["setuid"] = (uint)Flags.Setuid, ["setgid"] = (uint)Flags.Setgid, ["fileCapabilities"] = (uint)Flags.FileCapabilities,
        ["unlinked"] = (uint)Flags.Unlinked, ["memfd"] = (uint)Flags.AnonymousExecutable,
    };

    static Dictionary<string, uint> Count(string prefix, uint first, string names, params ReadOnlySpan<(string Name, int Number)> others)
    {
        var numbers = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var name in names.Split(' '))
        {
            var number = first + (uint)numbers.Count;
            numbers.Add(prefix + name, (uint)number);
        }
        foreach (var (name, number) in others) numbers.Add(prefix + name, (uint)number);
        return numbers;
    }
}
