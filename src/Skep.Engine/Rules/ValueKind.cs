namespace Skep.Engine.Rules;

/// <summary>What a captured value is: how the kernel reads it, how it is compared and printed.</summary>
public enum ValueKind
{
    /// <summary>Not read: a place holder.</summary>
    None,
    /// <summary>A number of one byte, with sign.</summary>
    Int8,
    /// <summary>A number of one byte.</summary>
    UInt8,
    /// <summary>A number of two bytes, with sign.</summary>
    Int16,
    /// <summary>A number of two bytes.</summary>
    UInt16,
    /// <summary>A number of four bytes, with sign.</summary>
    Int32,
    /// <summary>A number of four bytes.</summary>
    UInt32,
    /// <summary>A number of eight bytes, with sign.</summary>
    Int64,
    /// <summary>A number of eight bytes.</summary>
    UInt64,
    /// <summary>A system call's number; bit 31 marks the 32-bit table.</summary>
    Syscall,
    /// <summary>A command of bpf(2), 32 bits.</summary>
    BpfCommand,
    /// <summary>A NUL-terminated text.</summary>
    Text,
    /// <summary>Bytes of a given length.</summary>
    Buffer,
    /// <summary>A text that a tracepoint's record carries (<c>__data_loc</c>).</summary>
    DataLocation,
    /// <summary>An array of iovec.</summary>
    IoVector,
    /// <summary>A <c>struct iov_iter</c>.</summary>
    IoIterator,
    /// <summary>The path of a <c>struct path</c>.</summary>
    Path,
    /// <summary>The path of a <c>struct file</c>.</summary>
    File,
    /// <summary>The path of a dentry, up to its mount's root.</summary>
    Dentry,
    /// <summary>The path of an open file of the current process, by number.</summary>
    FileDescriptor,
    /// <summary>The path of a <c>struct kiocb</c>'s file.</summary>
    Kiocb,
    /// <summary>The path of a <c>struct linux_binprm</c>'s file.</summary>
    BinaryProgram,
    /// <summary>The name of a <c>struct filename</c>.</summary>
    Filename,
    /// <summary>A <c>struct sock</c>.</summary>
    Sock,
    /// <summary>A <c>struct socket</c>.</summary>
    Socket,
    /// <summary>The socket of an open file of the current process, by number.</summary>
    DescriptorSocket,
    /// <summary>A <c>struct sockaddr</c> in kernel or user memory.</summary>
    SocketAddress,
    /// <summary>A <c>struct sockaddr_un</c>.</summary>
    UnixAddress,
    /// <summary>A <c>struct sk_buff</c>.</summary>
    Skb,
    /// <summary>A <c>struct cred</c>.</summary>
    Credentials,
    /// <summary>A <c>struct user_namespace</c>.</summary>
    UserNamespace,
    /// <summary>The number of a capability.</summary>
    Capability,
    /// <summary>A <c>kernel_cap_t</c> by address.</summary>
    CapabilitySet,
    /// <summary>As <see cref="CapabilitySet"/>, of inheritable ones.</summary>
    InheritableSet,
    /// <summary>As <see cref="CapabilitySet"/>, of permitted ones.</summary>
    PermittedSet,
    /// <summary>As <see cref="CapabilitySet"/>, of effective ones.</summary>
    EffectiveSet,
    /// <summary>A <c>union bpf_attr</c>.</summary>
    BpfAttributes,
    /// <summary>A <c>struct bpf_map</c>.</summary>
    BpfMap,
    /// <summary>A <c>struct bpf_prog</c>.</summary>
    BpfProgram,
    /// <summary>A <c>struct perf_event</c>.</summary>
    PerfEvent,
    /// <summary>A <c>struct load_info</c> of a kernel module.</summary>
    LoadInfo,
    /// <summary>A <c>struct module</c>.</summary>
    Module,
    /// <summary>A <c>struct net_device</c>.</summary>
    NetworkDevice,
    /// <summary>All arguments of the current process, with blanks between them.</summary>
    Arguments,
    /// <summary>One argument of the current process's program, by number; the program's own name has number 0.</summary>
    CommandArgument,
    /// <summary>What is peculiar of an execution: bits of <see cref="Processes.ProcessFlags"/>.</summary>
    ProcessFlags,
    /// <summary>What the tracepoint's format file says of the field.</summary>
    Auto,
}
