using Skep.Bpf.Building;
using Skep.Engine.Matching;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>Which function of <c>bpf/</c> reads a kind of value, and what kinds of number there are.</summary>
static class Captures
{
    static readonly Dictionary<ValueKind, string> s_functions = new()
    {
        [ValueKind.Text] = "capture_text",
        [ValueKind.DataLocation] = "capture_text",
        [ValueKind.Filename] = "capture_filename",
        [ValueKind.Buffer] = "capture_buffer",
        [ValueKind.IoVector] = "capture_iovec",
        [ValueKind.IoIterator] = "capture_iov_iter",
        [ValueKind.Path] = "capture_path",
        [ValueKind.File] = "capture_file",
        [ValueKind.Dentry] = "capture_dentry",
        [ValueKind.FileDescriptor] = "capture_fd",
        [ValueKind.Kiocb] = "capture_kiocb",
        [ValueKind.BinaryProgram] = "capture_binprm",
        [ValueKind.Sock] = "capture_sock",
        [ValueKind.Socket] = "capture_socket",
        [ValueKind.DescriptorSocket] = "capture_fd_socket",
        [ValueKind.SocketAddress] = "capture_sockaddr",
        [ValueKind.UnixAddress] = "capture_sockaddr_un",
        [ValueKind.Skb] = "capture_skb",
        [ValueKind.Credentials] = "capture_cred",
        [ValueKind.UserNamespace] = "capture_user_namespace",
        [ValueKind.Capability] = "capture_capability",
        [ValueKind.BpfAttributes] = "capture_bpf_attr",
        [ValueKind.BpfMap] = "capture_bpf_map",
        [ValueKind.BpfProgram] = "capture_bpf_prog",
        [ValueKind.PerfEvent] = "capture_perf_event",
        [ValueKind.LoadInfo] = "capture_load_info",
        [ValueKind.Module] = "capture_module",
        [ValueKind.NetworkDevice] = "capture_net_device",
        [ValueKind.Arguments] = "capture_arguments",
        [ValueKind.CommandArgument] = "capture_argument",
    };

    static readonly Dictionary<ValueKind, string> s_structs = new()
    {
        [ValueKind.Filename] = "filename",
        [ValueKind.IoIterator] = "iov_iter",
        [ValueKind.Path] = "path",
        [ValueKind.File] = "file",
        [ValueKind.Dentry] = "dentry",
        [ValueKind.Kiocb] = "kiocb",
        [ValueKind.BinaryProgram] = "linux_binprm",
        [ValueKind.Socket] = "socket",
        [ValueKind.Skb] = "sk_buff",
        [ValueKind.Credentials] = "cred",
        [ValueKind.UserNamespace] = "user_namespace",
        [ValueKind.BpfAttributes] = "bpf_attr",
        [ValueKind.BpfMap] = "bpf_map",
        [ValueKind.BpfProgram] = "bpf_prog",
        [ValueKind.PerfEvent] = "perf_event",
        [ValueKind.LoadInfo] = "load_info",
        [ValueKind.Module] = "module",
        [ValueKind.NetworkDevice] = "net_device",
    };

    /// <summary>The kernel's struct that a kind is read from; null for kinds that are read from several, or from none.</summary>
    public static string? KernelStructOf(ValueKind kind) => s_structs.GetValueOrDefault(kind);

    /// <summary>The function that reads objects of a kind; null for numbers.</summary>
    public static string? FunctionOf(ValueKind kind) => s_functions.GetValueOrDefault(kind);

    /// <summary>Width and sign of a kind of number; null for what is not one.</summary>
    public static ScalarType? NumberOf(ValueKind kind) => kind switch
    {
        ValueKind.Int8 => ScalarType.S8,
        ValueKind.UInt8 => ScalarType.U8,
        ValueKind.Int16 => ScalarType.S16,
        ValueKind.UInt16 => ScalarType.U16,
        ValueKind.Int32 => ScalarType.S32,
        ValueKind.UInt32 or ValueKind.BpfCommand or ValueKind.ProcessFlags => ScalarType.U32,
        ValueKind.Int64 => ScalarType.S64,
        ValueKind.UInt64 or ValueKind.Syscall => ScalarType.U64,
        _ => null,
    };

    /// <summary>Whether a kind's numbers have a sign.</summary>
    public static bool IsSigned(ValueKind kind) => NumberOf(kind) is ScalarType.S8 or ScalarType.S16 or ScalarType.S32 or ScalarType.S64;

    /// <summary>A range as sets of numbers take it.</summary>
    public static IEnumerable<NumberedRange> RangesOf(int number, NumberRange range, bool isSigned) =>
        isSigned ? NumberedRange.Signed(number, range.First, range.Last) : [new NumberedRange(number, (ulong)range.First, (ulong)range.Last)];

    /// <summary>Kinds whose captured bytes are one text.</summary>
    public static bool IsText(ValueKind kind) => kind is ValueKind.Text or ValueKind.DataLocation or ValueKind.Filename or ValueKind.Buffer or ValueKind.IoVector
        or ValueKind.IoIterator or ValueKind.Path or ValueKind.File or ValueKind.Dentry or ValueKind.FileDescriptor or ValueKind.Kiocb or ValueKind.BinaryProgram or ValueKind.Arguments or ValueKind.CommandArgument;

    /// <summary>Kinds that hold a set of capabilities behind an address.</summary>
    public static bool IsCapabilitySet(ValueKind kind) =>
        kind is ValueKind.CapabilitySet or ValueKind.InheritableSet or ValueKind.PermittedSet or ValueKind.EffectiveSet;

    /// <summary>The struct of <c>bpf/engine.h</c> that a kind with addresses and ports is captured as; null for other kinds.</summary>
    public static string? SocketStructOf(ValueKind kind) => kind switch
    {
        ValueKind.Sock or ValueKind.Socket or ValueKind.DescriptorSocket => "socket_value",
        ValueKind.Skb => "skb_value",
        ValueKind.SocketAddress => "sockaddr_value",
        ValueKind.UnixAddress => "sockaddr_unix_value",
        _ => null,
    };
}
