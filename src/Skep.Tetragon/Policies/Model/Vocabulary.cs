using Skep.Engine.Rules;

namespace Skep.Tetragon.Policies.Model;

/// <summary>Words of the grammar.</summary>
static class Vocabulary
{
    public static readonly string[] Types =
    [
        "auto", "int", "sint8", "int8", "uint8", "sint16", "int16", "uint16", "uint32", "sint32", "int32", "ulong", "uint64", "size_t", "long", "sint64", "int64", "char_buf", "char_iovec",
        "skb", "sock", "sockaddr", "socket", "sockaddr_un", "string", "fd", "file", "filename", "path", "nop", "bpf_attr", "perf_event", "bpf_map", "user_namespace", "capability", "kiocb",
        "iov_iter", "cred", "const_buf", "load_info", "module", "syscall64", "kernel_cap_t", "cap_inheritable", "cap_permitted", "cap_effective", "linux_binprm", "data_loc", "net_device",
        "bpf_cmd", "dentry", "bpf_prog",
    ];

    /// <summary>The last four are ours.</summary>
    public static readonly string[] Operators =
    [
        "Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "NotPostfix", "GreaterThan", "LessThan", "GT", "LT", "Mask", "SPort", "NotSPort", "SPortPriv", "NotSportPriv", "NotSPortPriv",
        "DPort", "NotDPort", "DPortPriv", "NotDPortPriv", "SAddr", "NotSAddr", "DAddr", "NotDAddr", "Protocol", "Family", "State", "InMap", "NotInMap", "CapabilitiesGained", "InRange",
        "NotInRange", "SubString", "SubStringIgnCase", "CelExpr", "FileType", "NotFileType", "Regex", "NotRegex", "Glob", "NotGlob",
    ];

    /// <summary>Of <c>matchCmdArgs</c>; the last four are ours.</summary>
    public static readonly string[] TextOperators =
        ["Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "NotPostfix", "SubString", "SubStringIgnCase", "Regex", "NotRegex", "Glob", "NotGlob"];

    public static readonly string[] BinaryOperators =
        ["In", "NotIn", "Prefix", "NotPrefix", "Postfix", "NotPostfix", "Regex", "NotRegex", "Glob", "NotGlob"];

    public static readonly string[] InOrNot = ["In", "NotIn"];

    public static readonly string[] Namespaces = ["Uts", "Ipc", "Mnt", "Pid", "PidForChildren", "Net", "Time", "TimeForChildren", "Cgroup", "User"];

    public static readonly string[] CapabilitySets = ["Effective", "Inheritable", "Permitted"];

    public static readonly string[] Actions =
    [
        "Post", "Sigkill", "Override", "GetUrl", "DnsLookup", "NoPost", "Signal", "TrackSock", "UntrackSock", "NotifyEnforcer", "CleanupEnforcerNotification", "Set",
    ];

    public static readonly string[] RateLimitScopes = ["thread", "process", "global"];

    public static readonly string[] ListTypes = [ListSpec.Syscalls, ListSpec.GeneratedSyscalls, ListSpec.GeneratedFunctions];

    public static readonly string[] LabelOperators = ["In", "NotIn", "Exists", "DoesNotExist"];

    public static readonly string[] ReturnArgumentActions = ["TrackSock", "UntrackSock"];

    /// <summary>What entries of <c>args</c> of executions and exits name.</summary>
    public static IReadOnlyDictionary<string, ValueSpec> ProcessValues(HookSection section) =>
        section == HookSection.Execution ? Engine.Rules.ProcessValues.OfExecution : Engine.Rules.ProcessValues.OfExit;

    /// <summary>Hooks of the security modules that are about one file, and whose programs may wait for its digest.</summary>
    public static readonly string[] DigestHooks =
    [
        "bprm_check_security", "bprm_committed_creds", "bprm_committing_creds", "bprm_creds_from_file", "file_ioctl", "file_lock", "file_open", "file_post_open", "file_receive", "mmap_file",
    ];

    public static readonly string[] Sources = ["current_task", "pt_regs"];
}
