namespace Skep.Engine.Hooks;

/// <summary>Which system call or tracepoint comes near a kernel function that this kernel cannot hook.</summary>
static class NearestHook
{
    static readonly Dictionary<string, string> s_nearest = new(StringComparer.Ordinal)
    {
        ["security_file_permission"] = "the system calls read, write, pread64, pwrite64 (kprobes with syscall: true)",
        ["security_mmap_file"] = "the system call mmap",
        ["security_path_truncate"] = "the system calls truncate and ftruncate",
        ["security_file_open"] = "the system calls openat and openat2",
        ["security_bprm_check"] = "the tracepoint sched/sched_process_exec",
        ["security_bprm_committing_creds"] = "the tracepoint sched/sched_process_exec",
        ["security_bprm_creds_from_file"] = "the tracepoint sched/sched_process_exec",
        ["security_socket_connect"] = "the system call connect",
        ["security_inode_mkdir"] = "the system call mkdirat",
        ["security_inode_follow_link"] = "the system calls openat and readlinkat",
        ["security_inode_copy_up_xattr"] = "the system call setxattr",
        ["security_capset"] = "the system call capset",
        ["security_create_user_ns"] = "the system calls unshare and clone",
        ["create_user_ns"] = "the system calls unshare and clone",
        ["security_kernel_module_request"] = "the system calls init_module and finit_module",
        ["security_kernel_read_file"] = "the system call finit_module",
        ["security_bpf_map_alloc"] = "the system call bpf",
        ["security_bpf_map_create"] = "the system call bpf",
        ["bpf_check"] = "the system call bpf",
        ["security_perf_event_alloc"] = "the system call perf_event_open",
        ["security_ptrace_access_check"] = "the system call ptrace",
        ["tcp_connect"] = "the tracepoint sock/inet_sock_set_state, or the system call connect",
        ["tcp_close"] = "the tracepoints sock/inet_sock_set_state and tcp/tcp_destroy_sock",
        ["tcp_set_state"] = "the tracepoint sock/inet_sock_set_state",
        ["inet_csk_accept"] = "the system call accept4",
        ["inet_csk_listen_start"] = "the system call listen",
        ["tcp_sendmsg"] = "the tracepoint sock/sock_send_length",
        ["ip_output"] = "the tracepoint net/net_dev_queue",
        ["__dev_queue_xmit"] = "the tracepoint net/net_dev_queue",
        ["dev_hard_start_xmit"] = "the tracepoint net/net_dev_start_xmit",
        ["kfree_skb_reason"] = "the tracepoint skb/kfree_skb",
        ["__cgroup_bpf_run_filter_skb"] = "the tracepoint net/net_dev_queue",
        ["fd_install"] = "the system call openat",
        ["commit_creds"] = "the system calls setuid, setresuid, capset and their kin",
        ["cap_capable"] = "the tracepoint capability/cap_capable",
        ["wake_up_new_task"] = "the tracepoint sched/sched_process_fork",
        ["do_exit"] = "the tracepoint sched/sched_process_exit",
        ["tty_read"] = "the system call read",
        ["tty_write"] = "the system call write",
        ["do_init_module"] = "the system calls init_module and finit_module",
        ["find_module_sections"] = "the system calls init_module and finit_module, or the tracepoint module/module_load",
        ["security_kernel_load_data"] = "the system call init_module",
        ["override_creds"] = "the system calls setresuid, capset and their kin",
        ["revert_creds"] = "the system calls setresuid, capset and their kin",
        ["sk_alloc"] = "the system call socket",
        ["sk_free"] = "the tracepoint tcp/tcp_destroy_sock",
        ["__sk_free"] = "the tracepoint tcp/tcp_destroy_sock",
        ["sk_filter_trim_cap"] = "the tracepoint net/netif_receive_skb",
        ["tcp_create_openreq_child"] = "the tracepoint sock/inet_sock_set_state",
        ["ip_mc_output"] = "the tracepoint net/net_dev_queue",
        ["ip6_output"] = "the tracepoint net/net_dev_queue",
        ["sk_skb_reason_drop"] = "the tracepoint skb/kfree_skb",
        ["free_module"] = "the system call delete_module",
    };

    public static string? Of(string function)
    {
        if (s_nearest.TryGetValue(function, out var nearest)) return nearest;
        if (function.StartsWith("__sys_", StringComparison.Ordinal)) return $"the system call {function["__sys_".Length..]} (kprobes with syscall: true)";
        if (function.StartsWith("ksys_", StringComparison.Ordinal)) return $"the system call {function["ksys_".Length..]} (kprobes with syscall: true)";
        return null;
    }
}
