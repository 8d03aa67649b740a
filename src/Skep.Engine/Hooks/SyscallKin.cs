namespace Skep.Engine.Hooks;

/// <summary>The security hook that sees what a system call is about to do, for policies that want to refuse it.</summary>
static class SyscallKin
{
    static readonly Dictionary<string, string> s_hooks = new(StringComparer.Ordinal)
    {
        ["open"] = "file_open", ["openat"] = "file_open", ["openat2"] = "file_open", ["creat"] = "file_open",
        ["read"] = "file_permission", ["write"] = "file_permission", ["pread64"] = "file_permission", ["pwrite64"] = "file_permission",
        ["symlink"] = "inode_symlink", ["symlinkat"] = "inode_symlink", ["link"] = "inode_link", ["linkat"] = "inode_link",
        ["mkdir"] = "inode_mkdir", ["mkdirat"] = "inode_mkdir", ["rmdir"] = "inode_rmdir", ["unlink"] = "inode_unlink", ["unlinkat"] = "inode_unlink",
        ["rename"] = "inode_rename", ["renameat"] = "inode_rename", ["renameat2"] = "inode_rename", ["mknod"] = "inode_mknod", ["mknodat"] = "inode_mknod",
        ["connect"] = "socket_connect", ["bind"] = "socket_bind", ["listen"] = "socket_listen", ["accept"] = "socket_accept", ["accept4"] = "socket_accept",
        ["socket"] = "socket_create", ["sendto"] = "socket_sendmsg", ["sendmsg"] = "socket_sendmsg", ["ptrace"] = "ptrace_access_check",
        ["mount"] = "sb_mount", ["umount2"] = "sb_umount", ["pivot_root"] = "sb_pivotroot", ["execve"] = "bprm_check_security", ["execveat"] = "bprm_check_security",
        ["setuid"] = "task_fix_setuid", ["setgid"] = "task_fix_setgid", ["capset"] = "capset", ["kill"] = "task_kill", ["mmap"] = "mmap_file",
        ["mprotect"] = "file_mprotect", ["bpf"] = "bpf", ["init_module"] = "kernel_load_data", ["finit_module"] = "kernel_read_file",
        ["clock_settime"] = "settime", ["settimeofday"] = "settime", ["unshare"] = "userns_create", ["chmod"] = "path_chmod", ["chown"] = "path_chown",
        ["truncate"] = "path_truncate", ["ioctl"] = "file_ioctl", ["fcntl"] = "file_fcntl",
    };

    public static string? Of(string syscall) => s_hooks.GetValueOrDefault(syscall);
}
