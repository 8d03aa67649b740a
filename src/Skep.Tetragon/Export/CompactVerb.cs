using System.Collections.Frozen;

namespace Skep.Tetragon.Export;

/// <summary>What people call what happens at a hook.</summary>
static class CompactVerb
{
    static readonly string[] s_syscallPrefixes = ["__x64_sys_", "__arm64_sys_", "__ia32_sys_", "__ia32_compat_sys_", "__se_sys_", "__sys_", "sys_"];

    static readonly FrozenDictionary<string, string> s_verbs = new Dictionary<string, string>
    {
        ["open"] = "open", ["openat"] = "open", ["openat2"] = "open", ["file_open"] = "open", ["fd_install"] = "open",
        ["close"] = "close", ["tcp_close"] = "close",
        ["connect"] = "connect", ["tcp_connect"] = "connect", ["socket_connect"] = "connect",
        ["accept"] = "accept", ["accept4"] = "accept", ["inet_csk_accept"] = "accept",
        ["listen"] = "listen", ["inet_csk_listen_start"] = "listen", ["bind"] = "bind", ["socket_bind"] = "bind",
        ["read"] = "read", ["pread64"] = "read", ["readv"] = "read", ["write"] = "write", ["pwrite64"] = "write", ["writev"] = "write",
        ["sendmsg"] = "send", ["tcp_sendmsg"] = "send", ["udp_sendmsg"] = "send", ["sendto"] = "send",
        ["file_permission"] = "access", ["path_truncate"] = "truncate", ["mmap_file"] = "map", ["mmap"] = "map",
        ["unlink"] = "delete", ["unlinkat"] = "delete", ["rename"] = "rename",
        ["renameat2"] = "rename", ["symlinkat"] = "link", ["linkat"] = "link",
        ["mount"] = "mount", ["ptrace"] = "ptrace", ["kill"] = "kill", ["setuid"] = "setuid", ["bpf"] = "bpf",
        ["bprm_check_security"] = "exec", ["bprm_check"] = "exec",
        ["do_init_module"] = "module", ["kernel_module_request"] = "module", ["commit_creds"] = "creds",
    }.ToFrozenDictionary();

    /// <summary>The verb, and the hook's name when the verb does not say enough.</summary>
    public static (string Verb, string Name) Of(ExportSection section, string function, ExportFile? file = null)
    {
        if (section == ExportSection.Uprobe) return ("uprobe", function.Length > 0 ? $"{file?.Path} {function}" : $"{file?.Path} 0x{file?.Offset:x}");
        if (section == ExportSection.Usdt) return ("usdt", $"{file?.Path} {file?.Provider}:{function}");
        if (section == ExportSection.Tracepoint) return ("trace", function);
        foreach (var prefix in s_syscallPrefixes)
        {
            if (!function.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var call = function[prefix.Length..];
            return s_verbs.TryGetValue(call, out var known) ? (known, "") : ("syscall", call);
        }
        var name = function.StartsWith("security_", StringComparison.Ordinal) ? function["security_".Length..] : function;
        if (s_verbs.TryGetValue(name, out var verb)) return (verb, "");
        return (section == ExportSection.Lsm ? "lsm" : "call", function);
    }
}
