using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Shouldly;
using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Records;
using Skep.Engine.Runtime;
using Skep.Testing;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>Every capture, called by programs like those that the engine generates.</summary>
public unsafe class CaptureTests
{
    const ulong CapturesEnd = 24576 - (32 * 8);

    [KernelFact]
    public void Paths_of_descriptors_are_what_proc_says()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 1, scope => scope.Capture("fd", 0, scope.SyscallArgument(0), 0)));
        var directory = Directory.CreateTempSubdirectory("skep-path-").FullName;
        try
        {
            var weird = Path.Combine(directory, "a b\n\u0001\u007f“x”");
            File.WriteAllText(weird, "");
            var deep = directory;
            for (var i = 0; i < 12; i++) deep = Path.Combine(deep, new string((char)('a' + i), 250));
            Directory.CreateDirectory(deep);
            var narrow = directory;
            for (var i = 0; i < 600; i++) narrow += "/d";
            Directory.CreateDirectory(narrow);
            string[] paths = ["/", "/proc/self/status", "/proc/self/ns/net", "/dev/null", "/sys/kernel/btf/vmlinux", weird, deep, narrow, directory, .. Directory.EnumerateFiles("/bin").Take(20)];
            foreach (var path in paths)
            {
                var descriptor = Native.Open(path, 0);
                descriptor.ShouldBeGreaterThanOrEqualTo(0, path);
                var captured = One(kernel, () => Native.SystemCall(Native.QuietCall, descriptor));
                Encoding.UTF8.GetString(captured.Bytes).ShouldBe(Link(descriptor));
                captured.Flags.ShouldBe((ushort)0, path);
                _ = Native.Close(descriptor);
            }

            var pipe = stackalloc int[2];
            _ = Native.Pipe(pipe);
            foreach (var descriptor in (int[])[pipe[0], pipe[1], Native.EventDescriptor(0, 0), (int)new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp).Handle])
            {
                One(kernel, () => Native.SystemCall(Native.QuietCall, descriptor)).Text.ShouldBe(Link(descriptor));
            }

            var memory = Native.CreateMemoryFile("some name", 0);
            var file = One(kernel, () => Native.SystemCall(Native.QuietCall, memory));
            (file.Text + " (deleted)").ShouldBe(Link(memory));
            ((int)file.Flags).ShouldBe(CapturedArgument.Unlinked);

            var open = Native.Open(weird, 0);
            File.Delete(weird);
            file = One(kernel, () => Native.SystemCall(Native.QuietCall, open));
            Encoding.UTF8.GetString(file.Bytes).ShouldBe(weird);
            ((int)file.Flags).ShouldBe(CapturedArgument.Unlinked);
            (file.Extra & 0xf000).ShouldBe(0x8000);

            ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, 100_000)).Flags).ShouldBe(CapturedArgument.Null);
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }

    [KernelFact]
    public void Sockets_of_descriptors_tell_both_ends()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 1, scope => scope.Capture("fd_socket", 0, scope.SyscallArgument(0), 0)));
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(server.LocalEndPoint!);

        var captured = One(kernel, () => Native.SystemCall(Native.QuietCall, (long)client.Handle));

        ((int)captured.Flags).ShouldBe(0);
        var socket = MemoryMarshal.Read<SocketValue>(captured.Bytes);
        ((int)socket.Family).ShouldBe((int)AddressFamily.InterNetwork);
        ((int)socket.SourcePort).ShouldBe(((IPEndPoint)client.LocalEndPoint!).Port);
        ((int)socket.DestinationPort).ShouldBe(((IPEndPoint)server.LocalEndPoint!).Port);
        // What is no socket has none.
        var file = Native.Open("/dev/null", 0);
        ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, file)).Flags).ShouldBe(CapturedArgument.Null);
        ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, -1)).Flags).ShouldBe(CapturedArgument.Null);
        _ = Native.Close(file);
    }

    [KernelFact]
    public void Texts_are_read_from_user_memory_and_flagged_when_cut_missing_or_unreadable()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 1, scope => scope.Capture("text", 0, scope.SyscallArgument(0), 0)));
        foreach (var length in (int[])[0, 1, 63, 4095, 4096, 5000])
        {
            var text = new byte[length + 1];
            for (var i = 0; i < length; i++) text[i] = (byte)(1 + (i % 255));
            fixed (byte* address = text)
            {
                var pointer = (long)address;
                var captured = One(kernel, () => Native.SystemCall(Native.QuietCall, pointer));
                captured.Bytes.ShouldBe(text.Take(Math.Min(length, 4096)).ToArray());
                ((int)captured.Flags & CapturedArgument.Cut).ShouldBe(length > 4096 ? CapturedArgument.Cut : 0, $"{length}");
            }
        }
        ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, 0)).Flags).ShouldBe(CapturedArgument.Null);
        ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, 4096)).Flags).ShouldBe(CapturedArgument.Unread);
        ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, unchecked((long)0xffff_8000_0000_0000))).Flags & CapturedArgument.Unread).ShouldBe(CapturedArgument.Unread);
    }

    [KernelFact]
    public void Buffers_keep_to_their_length_and_limit()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 1, scope => scope.Capture("buffer", 0, scope.SyscallArgument(0), scope.SyscallArgument(1))));
        var data = RandomBytes(30000);
        fixed (byte* address = data)
        {
            var pointer = (long)address;
            CapturedArgument Capture(long extra) => One(kernel, () => Native.SystemCall(Native.QuietCall, pointer, extra));
            Capture(0).Bytes.ShouldBeEmpty();
            Capture(17).Bytes.ShouldBe(data[..17]);
            var cut = Capture(5000);
            cut.Bytes.ShouldBe(data[..4096], "the limit, unless another is given");
            ((int)cut.Flags).ShouldBe(CapturedArgument.Cut);
            Capture(10000 | 20000L << 32).Bytes.ShouldBe(data[..10000]);
            cut = Capture(30000 | 30000L << 32);
            cut.Bytes.ShouldBe(data[..((int)CapturesEnd - 80)]);
            ((int)cut.Flags).ShouldBe(CapturedArgument.Cut);
            Capture(0xffff_fff2L).Bytes.ShouldBeEmpty("a negative length");
        }
    }

    [KernelFact]
    public void Segments_of_a_vector_are_joined()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 1, scope => scope.Capture("iovec", 0, scope.SyscallArgument(0), scope.SyscallArgument(1))));
        var data = RandomBytes(3000);
        fixed (byte* address = data)
        {
            var vector = stackalloc long[6] { (long)address, 10, (long)address + 10, 0, (long)address + 10, 2000 };
            var pointer = (long)vector;
            One(kernel, () => Native.SystemCall(Native.QuietCall, pointer, 3)).Bytes.ShouldBe(data[..2010]);
            var cut = One(kernel, () => Native.SystemCall(Native.QuietCall, pointer, 3 | 100L << 32));
            cut.Bytes.ShouldBe(data[..100]);
            ((int)cut.Flags).ShouldBe(CapturedArgument.Cut);
            vector[4] = 4096;
            ((int)One(kernel, () => Native.SystemCall(Native.QuietCall, pointer, 3)).Flags).ShouldBe(CapturedArgument.Unread);
        }
    }

    [KernelFact]
    public void Socket_addresses_of_each_family_are_decoded()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 2, scope =>
        {
            scope.Capture("sockaddr", 0, scope.SyscallArgument(0), scope.SyscallArgument(1));
            scope.Capture("sockaddr_un", 1, scope.SyscallArgument(0), scope.SyscallArgument(1));
        }));
        CapturedArgument?[] Capture(SocketAddress address)
        {
            fixed (byte* pointer = address.Buffer.Span)
            {
                var (at, size) = ((long)pointer, address.Size);
                return All(kernel, () => Native.SystemCall(Native.QuietCall, at, size));
            }
        }
        var v4 = Capture(new IPEndPoint(IPAddress.Parse("10.1.2.3"), 4567).Serialize())[0]!.Bytes;
        (BitConverter.ToUInt16(v4), BitConverter.ToUInt16(v4, 2)).ShouldBe(((ushort)2, (ushort)4567));
        v4[8..12].ShouldBe(new byte[] { 10, 1, 2, 3 });
        var v6 = Capture(new IPEndPoint(IPAddress.Parse("fe80::1%7"), 99).Serialize())[0]!.Bytes;
        (BitConverter.ToUInt16(v6), BitConverter.ToUInt16(v6, 2), BitConverter.ToUInt32(v6, 4)).ShouldBe(((ushort)10, (ushort)99, 7u));
        v6[8..24].ShouldBe(IPAddress.Parse("fe80::1").GetAddressBytes());
        var named = Capture(new UnixDomainSocketEndPoint("/run/some.socket").Serialize())[1]!;
        (BitConverter.ToUInt16(named.Bytes), named.Bytes[2], named.Text[8..]).ShouldBe(((ushort)1, (byte)0, "/run/some.socket"));
        var hidden = Capture(new UnixDomainSocketEndPoint("\0abstract").Serialize())[1]!;
        (hidden.Bytes[2], hidden.Text[8..]).ShouldBe(((byte)1, "abstract"));
    }

    [KernelFact]
    public void Sockets_and_packets_of_a_connection_are_described()
    {
        var program = new CaptureProgram();
        program.On("tp_btf/inet_sock_set_state", "state", 1, scope => scope.Capture("sock", 0, scope.Argument(0), 0), code => code.Load(ScalarType.S32, code.Context, 16) == 1, anyProcess: true);
        program.On("tp_btf/net_dev_queue", "packet", 2, scope =>
        {
            var packet = scope.Argument(0);
            scope.Capture("skb", 0, packet, 0);
            scope.Capture("net_device", 1, scope.Read(packet, CaptureProgram.Offset("sk_buff", "dev")), 0);
        });
        using var kernel = Load(program, "state", "packet");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = (ushort)((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new TcpClient(AddressFamily.InterNetwork);
        client.Connect(IPAddress.Loopback, port);
        var local = (ushort)((IPEndPoint)client.Client.LocalEndPoint!).Port;

        bool IsSocket(byte[] value) => value.Length == 80 && BitConverter.ToUInt16(value, 48) == local && BitConverter.ToUInt16(value, 50) == port;
        CapturedArgument? Find(Func<CapturedArgument, bool> wanted) => kernel.OfKind(RecordLayouts.Hook).Select(record => CapturedArgument.Of(record.Bytes)[0]).FirstOrDefault(argument => argument is not null && wanted(argument));
        kernel.Until(() => Find(argument => IsSocket(argument.Bytes)) is not null);
        var sock = Find(argument => IsSocket(argument.Bytes))!.Bytes;
        ((ushort)2, (ushort)1, (ushort)6).ShouldBe((BitConverter.ToUInt16(sock), BitConverter.ToUInt16(sock, 2), BitConverter.ToUInt16(sock, 4)));
        sock[16..20].ShouldBe(new byte[] { 127, 0, 0, 1 });
        sock[32..36].ShouldBe(new byte[] { 127, 0, 0, 1 });
        BitConverter.ToUInt32(sock, 72).ShouldBe(ProcNamespace("net"));

        var packets = kernel.OfKind(RecordLayouts.Hook).Select(record => CapturedArgument.Of(record.Bytes)).Where(arguments => arguments.Length == 2).ToList();
        var first = packets.First(arguments => BitConverter.ToUInt16(arguments[0]!.Bytes, 48) == local);
        var skb = first[0]!.Bytes;
        BitConverter.ToUInt16(skb, 50).ShouldBe(port);
        (BitConverter.ToUInt16(skb, 52), BitConverter.ToUInt16(skb, 54)).ShouldBe(((ushort)2, (ushort)6));
        skb[16..20].ShouldBe(new byte[] { 127, 0, 0, 1 });
        Encoding.ASCII.GetString(first[1]!.Bytes[8..]).TrimEnd('\0').ShouldBe("lo");
        BitConverter.ToUInt32(skb, 64).ShouldBe(1u);
        BitConverter.ToUInt32(first[1]!.Bytes).ShouldBe(1u);
    }

    [KernelFact]
    public void Objects_of_the_kernel_are_described()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 8, scope =>
        {
            var task = scope.CurrentTask;
            var cred = scope.Read(task, CaptureProgram.Offset("task_struct", "cred"));
            scope.Capture("cred", 0, cred, 0);
            scope.Capture("user_namespace", 1, scope.Read(cred, CaptureProgram.Offset("cred", "user_ns")), 0);
            scope.Number(2, scope.Read(cred, CaptureProgram.Offset("cred", "cap_effective")));
            scope.Capture("capability", 3, 21, 0);
            scope.Capture("bpf_map", 4, scope.Plain(scope.Code.Map("control")), 0);
            var fs = scope.Read(task, CaptureProgram.Offset("task_struct", "fs"));
            scope.Capture("path", 5, fs + CaptureProgram.Offset("fs_struct", "pwd"), 0);
            scope.Capture("dentry", 6, scope.Read(fs, CaptureProgram.Offset("fs_struct", "pwd.dentry")), 0);
            scope.Number(7, scope.SyscallArgument(0));
        }));
        var all = All(kernel, () => Native.SystemCall(Native.QuietCall, -5));
        var status = File.ReadLines("/proc/self/status").ToDictionary(line => line.Split(':')[0], line => line.Split(':', 2)[1].Trim());
        var credentials = all[0]!.Read<RecordLayouts.Credentials>();
        status["Uid"].Split('\t').Select(uint.Parse).ShouldBe([credentials.Uid, credentials.Euid, credentials.Suid, credentials.Fsuid]);
        credentials.Effective.ShouldBe(Convert.ToUInt64(status["CapEff"], 16));
        credentials.UserNamespace.ShouldBe(ProcNamespace("user"));
        BitConverter.ToUInt32(all[1]!.Bytes).ShouldBe(ProcNamespace("user"));
        all[2]!.Number.ShouldBe(credentials.Effective);
        BitConverter.ToUInt32(all[3]!.Bytes).ShouldBe(21u);
        var map = all[4]!.Bytes;
        (BitConverter.ToUInt32(map), BitConverter.ToUInt32(map, 4), BitConverter.ToUInt32(map, 8), BitConverter.ToUInt32(map, 12)).ShouldBe((2u, 4u, KernelObjects.Engine().Maps["control"].ValueSize, 1u));
        Encoding.ASCII.GetString(map, 16, 16).TrimEnd('\0').ShouldBe("control");
        all[5]!.Text.ShouldBe(Environment.CurrentDirectory);
        Environment.CurrentDirectory.ShouldEndWith(all[6]!.Text.TrimEnd('/'));
        all[7]!.Number.ShouldBe(unchecked((ulong)-5));
    }

    [KernelFact]
    public void Stacks_begin_in_the_kernel_and_in_libc()
    {
        using var kernel = Load(new CaptureProgram().OnSyscall("probe", Native.QuietCall, 2, scope =>
        {
            scope.Code.Call("capture_stack", [scope.Code.Context, scope.Slot, 0, 0]);
            scope.Code.Call("capture_stack", [scope.Code.Context, scope.Slot, 1, 1 << 8]);
        }));
        var all = All(kernel, () => Native.SystemCall(Native.QuietCall, 1));
        all[0]!.Bytes.Length.ShouldBeGreaterThan(8);
        (BitConverter.ToInt64(all[0]!.Bytes) < 0).ShouldBeTrue();
        var address = BitConverter.ToUInt64(all[1]!.Bytes);
        File.ReadLines("/proc/self/maps").Where(line => line.Contains("libc", StringComparison.Ordinal) || line.Contains("ld-musl", StringComparison.Ordinal)).Any(line =>
        {
            var range = line.Split(' ')[0].Split('-');
            return address >= Convert.ToUInt64(range[0], 16) && address < Convert.ToUInt64(range[1], 16);
        }).ShouldBeTrue();
    }

    static KernelSide Load(CaptureProgram program, params string[] programs)
    {
        var kernel = new KernelSide(program.Build());
        foreach (var name in programs.Length > 0 ? programs : ["probe"]) kernel.Attach(name);
        return kernel;
    }

    static CapturedArgument One(KernelSide kernel, Action act) => All(kernel, act)[0]!;

    static CapturedArgument?[] All(KernelSide kernel, Action act)
    {
        var before = kernel.Records.Count;
        act();
        kernel.Until(() => kernel.Records.Count > before);
        kernel.Records.Count.ShouldBe(before + 1);
        return CapturedArgument.Of(kernel.Records[^1]);
    }

    static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    static string Link(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget!;

    static uint ProcNamespace(string name)
    {
        var text = new FileInfo($"/proc/self/ns/{name}").LinkTarget!;
        return uint.Parse(text[(text.IndexOf('[') + 1)..^1]);
    }
}
