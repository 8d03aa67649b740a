using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies.Values;

/// <summary>What the names of types mean to the engine.</summary>
static class TypeNames
{
    /// <summary>Most bytes of a buffer that are captured (<c>bpf/engine.h</c>: MAX_STRING), whatever <c>maxData</c> asks for.</summary>
    public const int CapturedData = 4096;

    /// <summary>Most bytes of a <c>const_buf</c>.</summary>
    public const int MaxConstBuffer = 1023;

    public static ValueKind KindOf(string type) => type switch
    {
        "auto" => ValueKind.Auto,
        "nop" or "" => ValueKind.None,
        "sint8" or "int8" => ValueKind.Int8,
        "uint8" => ValueKind.UInt8,
        "sint16" or "int16" => ValueKind.Int16,
        "uint16" => ValueKind.UInt16,
        "int" or "sint32" or "int32" => ValueKind.Int32,
        "uint32" => ValueKind.UInt32,
        "long" or "sint64" or "int64" => ValueKind.Int64,
        "ulong" or "uint64" or "size_t" => ValueKind.UInt64,
        "char_buf" or "const_buf" => ValueKind.Buffer,
        "char_iovec" => ValueKind.IoVector,
        "iov_iter" => ValueKind.IoIterator,
        "string" => ValueKind.Text,
        "data_loc" => ValueKind.DataLocation,
        "fd" => ValueKind.FileDescriptor,
        "file" => ValueKind.File,
        "filename" => ValueKind.Filename,
        "path" => ValueKind.Path,
        "dentry" => ValueKind.Dentry,
        "kiocb" => ValueKind.Kiocb,
        "linux_binprm" => ValueKind.BinaryProgram,
        "sock" => ValueKind.Sock,
        "socket" => ValueKind.Socket,
        "sockaddr" => ValueKind.SocketAddress,
        "sockaddr_un" => ValueKind.UnixAddress,
        "skb" => ValueKind.Skb,
        "cred" => ValueKind.Credentials,
        "user_namespace" => ValueKind.UserNamespace,
        "capability" => ValueKind.Capability,
        "kernel_cap_t" => ValueKind.CapabilitySet,
        "cap_inheritable" => ValueKind.InheritableSet,
        "cap_permitted" => ValueKind.PermittedSet,
        "cap_effective" => ValueKind.EffectiveSet,
        "bpf_attr" => ValueKind.BpfAttributes,
        "bpf_map" => ValueKind.BpfMap,
        "bpf_prog" => ValueKind.BpfProgram,
        "bpf_cmd" => ValueKind.BpfCommand,
        "perf_event" => ValueKind.PerfEvent,
        "load_info" => ValueKind.LoadInfo,
        "module" => ValueKind.Module,
        "net_device" => ValueKind.NetworkDevice,
        "syscall64" => ValueKind.Syscall,
        _ => throw new ArgumentException($"no type {type}", nameof(type)),
    };

    /// <summary>Width in bits, and whether there is a sign; 0 for what is no number.</summary>
    public static (int Bits, bool Signed) NumberOf(ValueKind kind) => kind switch
    {
        ValueKind.Int8 => (8, true),
        ValueKind.UInt8 => (8, false),
        ValueKind.Int16 => (16, true),
        ValueKind.UInt16 => (16, false),
        ValueKind.Int32 or ValueKind.BpfCommand or ValueKind.Capability => (32, true),
        ValueKind.UInt32 or ValueKind.ProcessFlags => (32, false),
        ValueKind.Int64 or ValueKind.Auto => (64, true),
        ValueKind.UInt64 or ValueKind.Syscall => (64, false),
        ValueKind.CapabilitySet or ValueKind.InheritableSet or ValueKind.PermittedSet or ValueKind.EffectiveSet => (64, false),
        _ => (0, false),
    };

    public static bool IsCapabilitySet(ValueKind kind) =>
        kind is ValueKind.CapabilitySet or ValueKind.InheritableSet or ValueKind.PermittedSet or ValueKind.EffectiveSet;

    public static bool IsText(ValueKind kind) => kind is ValueKind.Text or ValueKind.Buffer or ValueKind.DataLocation or ValueKind.IoVector or ValueKind.Path or ValueKind.File or ValueKind.Dentry
        or ValueKind.FileDescriptor or ValueKind.Kiocb or ValueKind.BinaryProgram or ValueKind.Filename or ValueKind.UnixAddress or ValueKind.NetworkDevice or ValueKind.Arguments or ValueKind.CommandArgument or ValueKind.Auto;

    /// <summary>Whether programs have values of a kind, and not the kernel alone.</summary>
    public static bool IsOfPrograms(ValueKind kind) => NumberOf(kind).Bits > 0 || kind is ValueKind.None or ValueKind.Text or ValueKind.Buffer or ValueKind.IoVector or ValueKind.FileDescriptor
        or ValueKind.SocketAddress or ValueKind.UnixAddress;

    public static bool IsSocket(ValueKind kind) => kind is ValueKind.Sock or ValueKind.Socket or ValueKind.Skb;
}
