namespace Skep.Bpf.Interop;

/// <summary>Flags of a netlink request (include/uapi/linux/netlink.h: <c>NLM_F_*</c>).</summary>
[Flags]
enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x001,
    Acknowledge = 0x004,
    Echo = 0x008,
    Dump = 0x300,
    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,
}
