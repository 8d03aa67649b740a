using System.Net;
using System.Net.Sockets;

namespace Skep.Agent.KernelTests.Compatibility;

/// <summary>For each example policy what makes its event.</summary>
static class Triggers
{
    const long Ptrace = 101, SetUserId = 105, ClockSetTime = 227, Mount = 165;

    static readonly string s_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    public static IReadOnlyDictionary<string, Trigger> ByFile { get; } = new Dictionary<string, Trigger>(StringComparer.Ordinal)
    {
        ["other/file-block-kubectl-exec-access.yaml"] = new(ReadSecretInPod, "security_file_open", "\"path\":\"/secretfile\""),
        ["policylibrary/bpf.yaml"] = new(_ => MakeMap(), IsBefore(6, 9) ? "security_bpf_map_alloc" : "security_bpf_map_create", "\"bpf_map_arg\":{\"MapType\":\"BPF_MAP_TYPE_ARRAY\"", "\"MapName\":\"skep_trigger\""),
        ["policylibrary/library.yaml"] = new(_ => ChildProcess.Run("/bin/true"), Trigger.Mapping, "\"path\":\"/usr/bin/true\"", "\"buildid\":\""),
        ["policylibrary/modules.yaml"] = new(_ => RequestModule(), "security_kernel_module_request", "\"string_arg\":\"net-pf-5\"", "\"message\":\"Kernel module requested"),
        ["policylibrary/privileges/privileges-setuid-root.yaml"] = new(_ => Native.SystemCall(SetUserId, 0), "__sys_setuid", "\"int_arg\":0", "\"return\":{\"int_arg\":0}"),
        ["policylibrary/sshd.yaml"] = new(_ => Connect(), "tcp_close", "\"daddr\":\"127.0.0.1\"", "\"protocol\":\"IPPROTO_TCP\""),
        ["quickstart/file_monitoring_enforce.yaml"] = new(ReadShellProfileInPod, "security_file_permission", ".bashrc\"", "\"int_arg\":4"),
        ["quickstart/network_egress_cluster.yaml"] = new(s => Elsewhere(s, "exec bash -c 'echo > /dev/tcp/203.0.113.1/9'"), "tcp_connect", "\"daddr\":\"203.0.113.1\"", "\"dport\":9")
        {
            Adapt = text => text.Replace("${PODCIDR}", "10.244.0.0/16", StringComparison.Ordinal).Replace("${SERVICECIDR}", "10.96.0.0/12", StringComparison.Ordinal),
            Adapted = "its placeholders ${PODCIDR} and ${SERVICECIDR} filled in",
        },
        ["tracingpolicy/bpf.yaml"] = new(_ => MakeMap(), IsBefore(6, 9) ? "security_bpf_map_alloc" : "security_bpf_map_create", "\"bpf_map_arg\":{\"MapType\":\"BPF_MAP_TYPE_ARRAY\"", "\"MapName\":\"skep_trigger\""),
        ["tracingpolicy/cves/cve-2023-2640-overlayfs-ubuntu.yaml"] = new(CopyUpCapability, "security_inode_copy_up_xattr", "\"string_arg\":\"security.capability\""),
        ["tracingpolicy/datagram-with-selectors.yaml"] = new(SendFiltered, "__cgroup_bpf_run_filter_skb", "\"daddr\":\"127.0.0.1\"", "\"protocol\":\"IPPROTO_UDP\""),
        ["tracingpolicy/datagram-with-sock-tracking.yaml"] = new(SendFiltered, "__cgroup_bpf_run_filter_skb", "\"daddr\":\"127.0.0.1\"", "\"protocol\":\"IPPROTO_UDP\""),
        ["tracingpolicy/datagram_518.yaml"] = new(_ => SendDatagram(9), "ip_output", "\"daddr\":\"127.0.0.1\"", "\"protocol\":\"IPPROTO_UDP\"", "\"label\":\"datagram\""),
        ["tracingpolicy/dev_hard_start_xmit.yaml"] = new(_ => SendDatagram(9), "dev_hard_start_xmit", "\"string_arg\":\"lo\""),
        ["tracingpolicy/dns-only-specified-servers.yaml"] = new(s => s.ExpectKilled(Shell(s, "echo > /dev/udp/127.0.0.1/53")), "ip_output", "\"dport\":53", "\"protocol\":\"IPPROTO_UDP\""),
        ["tracingpolicy/fd_install_cap_changes.yaml"] = new(s => Shell(s, $"{s_nobody} unshare -Ur true"), "fd_install", "\"file_arg\":{"),
        ["tracingpolicy/fd_install_ns.yaml"] = new(_ => Open("/etc/passwd"), "fd_install", "\"path\":\"/etc/passwd\"")
        {
            Adapt = text => text.Replace("4026531834", NamespaceOf("mnt"), StringComparison.Ordinal).Replace("4026531835", NamespaceOf("pid"), StringComparison.Ordinal),
            Adapted = "its inode numbers replaced by this machine's",
        },
        ["tracingpolicy/fd_install_ns_host.yaml"] = new(_ => Open("/etc/passwd"), "fd_install", "\"path\":\"/etc/passwd\""),
        ["tracingpolicy/filename_monitoring_filtered.yaml"] = new(_ => WriteNothing("/etc/passwd"), "security_file_permission", "\"path\":\"/etc/passwd\"", "\"int_arg\":2", "\"return\":{\"int_arg\":0}"),
        ["tracingpolicy/hardlink-observe.yaml"] = new(s => Native.Link(Native.CurrentDirectory, "/etc/passwd", Native.CurrentDirectory, s.Directory + "/link", 0), "__x64_sys_linkat", "\"string_arg\":\"/etc/passwd\"", "/link\""),
        ["tracingpolicy/host-changes/monitor-kernel-modules.yaml"] = new(s => Shell(s, "modprobe -r ifb; modprobe ifb"), "do_init_module", "\"module_arg\":{\"name\":\"ifb\""),
        ["tracingpolicy/host-changes/monitor-signed-kernel-modules.yaml"] = new(s => Shell(s, "modprobe -r ifb; modprobe ifb"), "find_module_sections", "\"name\":\"ifb\""),
        ["tracingpolicy/kprobe_commit_creds.yaml"] = new(s => Shell(s, $"{s_nobody} true"), "commit_creds", "\"uid\":65534"),
        ["tracingpolicy/list-generated-ftrace.yaml"] = new(RunKill, "ksys_write", "\"binary\":\"/usr/bin/kill\""),
        ["tracingpolicy/list-syscalls-tracepoint.yaml"] = new(_ => Duplicate(), "sys_enter", "\"subsys\":\"raw_syscalls\"", "\"32\""),
        ["tracingpolicy/list-syscalls.yaml"] = new(_ => Duplicate(), "__x64_sys_dup"),
        ["tracingpolicy/lsm_bprm_check.yaml"] = new(RunTester, "bprm_check_security", "contrib/tester-progs/nop\""),
        ["tracingpolicy/lsm_file_open.yaml"] = new(_ => ChildProcess.Run("/usr/bin/cat", "/etc/passwd"), "file_open", "\"path\":\"/etc/passwd\"", "\"binary\":\"/usr/bin/cat\""),
        ["tracingpolicy/modules-nohost.yaml"] = new(RequestModuleInPod, "security_kernel_module_request", "\"string_arg\":\""),
        ["tracingpolicy/open_dnsrequest.yaml"] = new(_ => Open("/etc/passwd"), "fd_install", "\"path\":\"/etc/passwd\"", "\"action\":\"KPROBE_ACTION_DNSLOOKUP\""),
        ["tracingpolicy/openat_write.yaml"] = new(_ => WriteNothing("/etc/passwd"), "__x64_sys_openat", "\"string_arg\":\"/etc/passwd\"", "\"int_arg\":1025"),
        ["tracingpolicy/override-security.yaml"] = new(s => s.ExpectRefused(ChildProcess.Run("/bin/mkdir", s.Directory + "/made")), "security_inode_mkdir", "\"binary\":\"/usr/bin/mkdir\""),
        ["tracingpolicy/process-credentials/process-creds-changed.yaml"] = new(s => Shell(s, "unshare -pf true"), "commit_creds", "\"process_credentials_arg\":{"),
        ["tracingpolicy/process-credentials/process-creds-installed.yaml"] = new(s => Shell(s, "unshare -pf true"), "commit_creds", "\"process_credentials_arg\":{"),
        ["tracingpolicy/process-exec/process-exec-elf-begin.yaml"] = new(_ => ChildProcess.Run("/bin/true"), "security_bprm_creds_from_file", "\"path\":\"/usr/bin/true\""),
        ["tracingpolicy/raw_syscalls.yaml"] = new(_ => Duplicate(), "sys_enter", "\"syscall_id\":{\"id\":32,\"abi\":\"x64\"}"),
        ["tracingpolicy/sandbox/linux-namespaces/kill_unprivileged_user_namespace.yaml"] = new(s => s.ExpectKilled(Shell(s, $"exec {s_nobody} unshare -U true")), "create_user_ns"),
        ["tracingpolicy/sandbox/linux-namespaces/kill_unprivileged_user_namespace_in_pid_namespace.yaml"] = new(s => Shell(s, $"unshare -pf {s_nobody} unshare -U true"), "create_user_ns"),
        ["tracingpolicy/security-socket-connect.yaml"] = new(_ => Connect(), "security_socket_connect", "\"sockaddr_arg\":{\"family\":\"AF_INET\"", "\"addr\":\"127.0.0.1\""),
        ["tracingpolicy/security_bprm_check.yaml"] = new(RunSample, "security_bprm_check", "\"linux_binprm_arg\":{\"path\":\"/usr/bin/sample-exec\""),
        ["tracingpolicy/stack_traces.yaml"] = new(_ => SendDatagram(9), "kfree_skb_reason", "\"skb_arg\":{", "\"kernel_stack_trace\":[", "\"user_stack_trace\":["),
        ["tracingpolicy/symlink-observe.yaml"] = new(s => Native.SymbolicLink("/etc/passwd", Native.CurrentDirectory, s.Directory + "/link"), "__x64_sys_symlinkat", "\"string_arg\":\"/etc/passwd\"", "/link\""),
        ["tracingpolicy/sys_clock_settime.yaml"] = new(s => Shell(s, InForeignPidNamespace($"{s_nobody} date -s @0")), "__x64_sys_clock_settime", "\"int_arg\":0"),
        ["tracingpolicy/sys_mount.yaml"] = new(_ => Native.Mount("skep-source", "/nowhere/at/all", "tmpfs", 0, null), "__x64_sys_mount", "\"string_arg\":\"skep-source\"", "\"string_arg\":\"/nowhere/at/all\""),
        ["tracingpolicy/sys_ptrace.yaml"] = new(_ => Native.SystemCall(Ptrace, -1, 0, 77), "__x64_sys_ptrace", "\"int_arg\":77"),
        ["tracingpolicy/sys_setuid.yaml"] = new(_ => Native.SystemCall(SetUserId, 0), "__x64_sys_setuid", "\"int_arg\":0"),
        ["tracingpolicy/tcp-connect-only-local-addrs.yaml"] = new(ConnectWithCurl, "tcp_connect", "\"daddr\":\"203.0.113.1\"", "\"binary\":\"/usr/bin/curl\""),
        ["tracingpolicy/tcp-connect-only-private-addrs.yaml"] = new(s => s.ExpectKilled(Elsewhere(s, "exec bash -c 'echo > /dev/tcp/203.0.113.1/9'")), "tcp_connect", "\"daddr\":\"203.0.113.1\""),
        ["tracingpolicy/tcp-connect.yaml"] = new(_ => Connect(), "tcp_sendmsg", "\"daddr\":\"127.0.0.1\"", "\"int_arg\":5"),
        ["tracingpolicy/tcp-listen.yaml"] = new(_ => Listen(1337), "inet_csk_listen_start", "\"sport\":1337"),
        ["tracingpolicy/uprobe-binaries.yaml"] = new(s => Shell(s, "true"), "malloc", "\"process_uprobe\"", "\"binary\":\"/usr/bin/bash\"")
        {
            Adapt = text => text.Replace("/lib64/libc.so.6", LibraryPath, StringComparison.Ordinal),
            Adapted = "its path of the C library replaced by this machine's",
        },
        ["tracingpolicy/uprobe-pid.yaml"] = new(s => Shell(s, "bash --norc -i <<< exit"), "readline", "\"process_uprobe\"", "\"path\":\"/bin/bash\"")
        {
            Adapt = text => text.Replace("61697", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal),
            Adapted = "its pid replaced by that of a process that is there",
        },
        ["tracingpolicy/uprobe.yaml"] = new(s => Shell(s, "true"), "main", "\"process_uprobe\"", "\"path\":\"/bin/bash\""),
        ["tracingpolicy/usdt.yaml"] = new(_ => FireProbe(), "fired", "\"process_usdt\"", "\"int_arg\":77", "\"long_arg\":\"-9\"")
        {
            Adapt = text => text.Replace("/home/jolsa/tetragon/contrib/tester-progs/usdt", Users.ProbedLibrary.Fixture, StringComparison.Ordinal)
                .Replace("\"test\"", "\"skeptest\"", StringComparison.Ordinal).Replace("\"usdt3\"", "\"fired\"", StringComparison.Ordinal),
            Adapted = "its program and probe replaced by ones that are there",
        },
        ["tracingpolicy/write.yaml"] = new(WriteFromOutside, "__x64_sys_write", "\"int_arg\":1"),
    };

    static string LibraryPath => File.ReadLines("/proc/self/maps").First(l => l.Contains("/libc.so.6", StringComparison.Ordinal)).Split(' ')[^1];

    static void FireProbe()
    {
        using var library = new Users.ProbedLibrary(Users.ProbedLibrary.Fixture);
        library.Fire(77, -9);
    }

    static ChildProcess Shell(Scene scene, string command) => ChildProcess.Shell($"cd {scene.Directory}; {command}");

    /// <summary>Runs a command in a network of its own, in which a foreign address is near.</summary>
    static ChildProcess Elsewhere(Scene scene, string command) => ChildProcess.Run("/usr/bin/unshare", "-n", "/bin/bash", "-c", $"cd {scene.Directory}; ip link set lo up; ip address add 203.0.113.1/32 dev lo; {command}");

    static bool IsBefore(int major, int minor) => Environment.OSVersion.Version < new Version(major, minor);

    static string NamespaceOf(string name) => Directory.ResolveLinkTarget($"/proc/self/ns/{name}", returnFinalTarget: false)!.Name.Split('[', ']')[1];

    static void Open(string path)
    {
        using var file = File.OpenRead(path);
    }

    static void WriteNothing(string path)
    {
        var file = Native.Open(path, Native.WriteOnly | Native.Append);
        Native.Write(file, [], 0);
        _ = Native.Close(file);
    }

    static void Duplicate() => _ = Native.Close(Native.Duplicate(2));

    static void MakeMap()
    {
        using var map = Bpf.BpfMap.Create(new Bpf.MapSpec { Name = "skep_trigger", Type = Bpf.MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
    }

    static void SendDatagram(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo("hello"u8, new IPEndPoint(IPAddress.Loopback, port));
    }

    static void Connect()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient(AddressFamily.InterNetwork);
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        client.GetStream().Write("hello"u8);
        using var accepted = listener.AcceptTcpClient();
    }

    static void Listen(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
    }

    static void RequestModule()
    {
        const long socketCall = 41, appleTalk = 5, datagram = 2;
        Native.SystemCall(socketCall, appleTalk, datagram, 0);
    }

    static void SendFiltered(Scene scene)
    {
        using var filter = new EgressFilter();
        SendDatagram(9);
    }

    static void RunKill(Scene scene)
    {
        if (scene.Enforces) Scene.Provide("/usr/bin/kill", "/usr/bin/cat");
        ChildProcess.Run("/usr/bin/kill", "--version");
    }

    static void RunSample(Scene scene)
    {
        Scene.Provide("/usr/bin/sample-exec", "/usr/bin/true");
        ChildProcess.Run("/usr/bin/sample-exec");
    }

    static void RunTester(Scene scene)
    {
        Directory.CreateDirectory(scene.Directory + "/contrib/tester-progs");
        File.Copy("/usr/bin/true", scene.Directory + "/contrib/tester-progs/nop");
        scene.ExpectRefused(Shell(scene, "./contrib/tester-progs/nop"), "Operation not permitted");
    }

    static void ConnectWithCurl(Scene scene)
    {
        var isOurs = !File.Exists("/usr/bin/curl");
        Scene.Provide("/usr/bin/curl", "/usr/bin/bash");
        scene.ExpectKilled(Elsewhere(scene, isOurs ? "exec /usr/bin/curl -c 'echo > /dev/tcp/203.0.113.1/9'" : "exec /usr/bin/curl http://203.0.113.1:9/"));
    }

    static void CopyUpCapability(Scene scene)
    {
        foreach (var name in new[] { "lower", "upper", "work", "merged" }) Directory.CreateDirectory($"{scene.Directory}/{name}");
        File.WriteAllText(scene.Directory + "/lower/file", "");
        // struct vfs_cap_data, revision 2: cap_net_raw.
        byte[] capability = [0, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Native.SetAttribute(scene.Directory + "/lower/file", "security.capability", capability, (nuint)capability.Length, 0);
        Shell(scene, "unshare -Urm sh -c 'mount -t overlay overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work merged && echo x >> merged/file'");
    }

    /// <summary>A process whose parents are outside of its pid namespace, as those of an exec into a container are.</summary>
    static void WriteFromOutside(Scene scene) => Shell(scene, InForeignPidNamespace("bash -c 'echo hello'"));

    static string InForeignPidNamespace(string command) =>
        $"unshare -pf --kill-child sleep 5 & sleep 0.3; nsenter -t $(cat /proc/$!/task/$!/children) -p {command}; kill $!";

    static void ReadSecretInPod(Scene scene)
    {
        using var pod = new TestPod(scene.Engine, "bigsecret", "default", new() { ["app"] = "bigsecret" });
        File.WriteAllText("/secretfile", "I love pizza!\n");
        // Not the pod's first process nor a child of it.
        scene.ExpectKilled(pod.Run("exec nsenter -t $init -p cat /secretfile"));
        File.Delete("/secretfile");
    }

    static void ReadShellProfileInPod(Scene scene)
    {
        using var pod = new TestPod(scene.Engine, "monitored", "default", []);
        scene.File(".bashrc", "secret\n");
        scene.ExpectKilled(pod.Run($"exec cat {scene.Directory}/.bashrc"));
    }

    static void RequestModuleInPod(Scene scene)
    {
        using var pod = new TestPod(scene.Engine, "loader", "default", []);
        // A kind of file system that would have to be loaded; busybox asks for it without a look into /proc.
        pod.Run("exec nsenter -t $init -p /bin/busybox mount -t nosuchfs none /tmp");
    }
}
