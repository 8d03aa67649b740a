using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Falco.Calls;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using static Skep.Falco.Events.EventFields;
using static Skep.Falco.Events.FieldReaders;

namespace Skep.Falco.Events;

/// <summary>Fields of the descriptor that the event is about, as it is in the kernel at that moment.</summary>
static class DescriptorFields
{
    const int TypeMask = 0xf000, Directory = 0x4000, Pipe = 0x1000, Socket = 0xc000; // S_IFMT
    const int Unix = 1, V4 = 2, V6 = 10; // AF_*
    const int Tcp = 6, Udp = 17, Icmp = 1, Raw = 255, Stream = 1; // IPPROTO_*, SOCK_STREAM
    const long InProgress = -115; // EINPROGRESS

    public static void Register()
    {
        Add("fd.num", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryNumber(e, out var number) ? Give(number, out v) : None(out v)), (values, _) => RequireNumber(values));
        Of("fd.type", (FalcoEvent e, out FieldValue v) => Kind(e) is { Name: not null } kind ? Give(e.Keep(kind.Name), out v) : None(out v));
        Of("fd.typechar", (FalcoEvent e, out FieldValue v) => Kind(e) is { Letter: not '\0' } kind ? Give(e.Keep(kind.Letter.ToString()), out v) : None(out v));
        Of("fd.name", TryName);
        Of("fd.nameraw", TryRawName);
        Of("fd.directory", (FalcoEvent e, out FieldValue v) => TryPath(e, out var path) && path.LastIndexOf((byte)'/') is >= 0 and var slash ? Give(slash == 0 ? "/"u8 : path[..slash], out v) : None(out v));
        Of("fd.filename", (FalcoEvent e, out FieldValue v) => TryPath(e, out var path) ? Give(path[(path.LastIndexOf((byte)'/') + 1)..], out v) : None(out v));
        Of("fd.l4proto", (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) && Protocol(s) is { } name ? Give(e.Keep(name), out v) : None(out v));
        Of("fd.sockfamily", (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) && s.Family is V4 or V6 or Unix ? Give(s.Family == Unix ? "unix"u8 : "ip"u8, out v) : None(out v));
        Of("fd.connected", (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? Give(IsConnected(e, s), out v) : None(out v));
        Of("fd.name_changed", (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? Give(s.IsGiven && s.RemotePort != 0 && (e.Kind.Name == "connect" || !s.HasPeer), out v) : None(out v));
        Of("fd.is_server", (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? Give(IsServer(e, s), out v) : None(out v));
        Ends("fd.ip", port: false);
        Ends("fd.net", port: false);
        Ends("fd.port", port: true);
        End("fd.lip", "fd.lport", "fd.lnet", (_, _) => true);
        End("fd.rip", "fd.rport", "fd.rnet", (_, _) => false);
        End("fd.cip", "fd.cport", "fd.cnet", (e, s) => !IsServer(e, s));
        End("fd.sip", "fd.sport", "fd.snet", IsServer);
        PathOf("fs.path.name", "fs.path.nameraw", call => call.Path);
        PathOf("fs.path.source", "fs.path.sourceraw", call => call.Find("oldpath") ?? call.Find("target") ?? call.Find("dev"));
        PathOf("fs.path.target", "fs.path.targetraw", call => call.Find("newpath") ?? call.Find("linkpath") ?? call.Find("dir"));
    }

    delegate bool Reader(FalcoEvent source, out FieldValue value);

    static void Of(string name, Reader read) => Add(name, One((FalcoEvent e, FieldReference _, out FieldValue v) => read(e, out v)), (values, _) => RequireAll(values));

    static void Ends(string name, bool port) => Add(name, (FalcoEvent e, FieldReference _, int position, out FieldValue v) =>
        position < 2 && TrySocket(e, out var socket) ? GiveEnd(e, socket, position == 0, port, out v) : None(out v), (values, _) => RequireAll(values));

    static void End(string address, string port, string network, Func<FalcoEvent, SocketEnds, bool> isLocal)
    {
        Of(address, (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? GiveEnd(e, s, isLocal(e, s), port: false, out v) : None(out v));
        Of(network, (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? GiveEnd(e, s, isLocal(e, s), port: false, out v) : None(out v));
        Of(port, (FalcoEvent e, out FieldValue v) => TrySocket(e, out var s) ? GiveEnd(e, s, isLocal(e, s), port: true, out v) : None(out v));
    }

    static bool GiveEnd(FalcoEvent e, SocketEnds socket, bool local, bool port, out FieldValue value)
    {
        if (socket.Family is not (V4 or V6)) return None(out value);
        if (port) return Give((ulong)(local ? socket.LocalPort : socket.RemotePort), out value);
        var address = local ? socket.Local : socket.Remote;
        var length = socket.Family == V4 ? 4 : 16;
        address.V6[..length].CopyTo(e.Room(length));
        return Give(e.Keep(length), out value);
    }

    static void PathOf(string name, string raw, Func<CallInfo, CallArgument?> find)
    {
        Add(name, One((FalcoEvent e, FieldReference _, out FieldValue v) => e.Values is { } values && find(values.Call) is { } argument && TryAbsolute(e, argument, out var path) ? Give(path, out v) : None(out v)), Needs);
        Add(raw, One((FalcoEvent e, FieldReference _, out FieldValue v) => e.Values is { } values && find(values.Call) is { } argument && e.TryBytes(argument.Value, out var path) ? Give(path, out v) : None(out v)), Needs);

        void Needs(CallValues values, FieldReference field)
        {
            if (find(values.Call) is { } argument) RequirePath(values, argument);
        }
    }

    static void RequirePath(CallValues values, CallArgument argument)
    {
        values.Require(argument.Value);
        if (values.Call.DirectoryOf(argument) is { } directory)
        {
            values.Require(directory.Value);
            values.Require(directory.File);
        }
        values.Require(CallValues.WorkingDirectory);
    }

    static void RequireNumber(CallValues values)
    {
        if (values.Descriptor is { } number) values.Require(number);
    }

    static void RequireAll(CallValues values)
    {
        RequireNumber(values);
        if (values.File is { } file) values.Require(file);
        if (IsAboutSockets(values.Call) && values.Socket is { } socket) values.Require(socket);
        values.Require(CallValues.Result);
        if (values.Call is { ReturnsDescriptor: true, Path: { } path }) RequirePath(values, path);
        if (AddressOf(values.Call) is not { } address) return;
        values.Require(address.Value);
        values.Require(address.UnixAddress);
    }

    /// <summary>Calls that open files by name have no sockets.</summary>
    static bool IsAboutSockets(CallInfo call) => call.Path is null;

    static CallArgument? AddressOf(CallInfo call) => call.Arguments.FirstOrDefault(a => a.Kind == CallKind.Address);

    internal static bool TryNumber(FalcoEvent e, out long number)
    {
        number = -1;
        if (e.Values?.Descriptor is not { } descriptor || !e.TryNumber(descriptor, out number)) return false;
        if (e.Values.Call.ReturnsDescriptor && number < 0) number = -1;
        return true;
    }

    /// <summary>The two ends of a socket.</summary>
    readonly record struct SocketEnds(int Family, int Type, int Protocol, AddressBytes Local, ushort LocalPort, AddressBytes Remote, ushort RemotePort)
    {
        /// <summary>Whether the socket itself has another end, whatever the call says.</summary>
        public bool HasPeer { get; init; }

        /// <summary>Whether the call says where the other end is.</summary>
        public bool IsGiven { get; init; }
    }

    static bool IsConnected(FalcoEvent e, SocketEnds socket)
    {
        if (e.Kind.Name != "connect") return socket.HasPeer;
        return TryResult(e, out var result) && (result >= 0 || result == InProgress);
    }

    static bool TrySocket(FalcoEvent e, out SocketEnds ends)
    {
        ends = default;
        if (e.Values is not { } values || !e.TryBytes(values.Socket, out var bytes) || bytes.Length < Marshal.SizeOf<SocketValue>()) return false;
        var socket = MemoryMarshal.Read<SocketValue>(bytes);
        ends = new(socket.Family, socket.Type, socket.Protocol, socket.Source, socket.SourcePort, socket.Destination, socket.DestinationPort) { HasPeer = socket.DestinationPort != 0 };
        // Where the caller says where to, that is what the call is about: a connection that was refused has no other end any more.
        if (AddressOf(values.Call) is { } argument && e.Kind.Name is not "bind" && e.TryBytes(argument.Value, out bytes) && bytes.Length >= Marshal.SizeOf<SocketAddressValue>())
        {
            var given = MemoryMarshal.Read<SocketAddressValue>(bytes);
            if (given.Family is V4 or V6) ends = ends with { Family = given.Family, Remote = given.Address, RemotePort = given.Port, IsGiven = true };
        }
        return ends.Family != 0;
    }

    /// <summary>By what the call does. What became of a connection afterwards the kernel does not tell: there, who has no other end is taken for a server.</summary>
    static bool IsServer(FalcoEvent e, SocketEnds socket) => e.Kind.Name switch
    {
        "accept" or "accept4" or "listen" or "bind" => true,
        "connect" or "sendto" or "sendmsg" or "sendmmsg" => false,
        _ => socket.RemotePort == 0 && socket.LocalPort != 0,
    };

    static string? Protocol(SocketEnds socket) => socket.Family is not (V4 or V6) ? null : socket.Protocol switch
    {
        Tcp => "tcp",
        Udp => "udp",
        Icmp => "icmp",
        Raw => "raw",
        0 => socket.Type == Stream ? "tcp" : "udp",
        _ => null,
    };

    /// <summary>What the descriptor is; a call that failed to open a file was about a file.</summary>
    static (char Letter, string? Name) Kind(FalcoEvent e)
    {
        if (e.Values is not { } values || values.Descriptor is null) return default;
        if (e.PlaceOf(values.File) is >= 0 and var place)
        {
            var record = e.Record;
            if ((record.FlagsAt(place) & ArgumentFlags.Null) == 0 && record.TryGetBytes(place, out var path))
            {
                return (record.ModeAt(place) & TypeMask) switch
                {
                    Directory => ('d', "directory"),
                    Pipe => ('p', "pipe"),
                    Socket => TrySocket(e, out var socket) ? socket.Family switch { V4 => ('4', "ipv4"), V6 => ('6', "ipv6"), Unix => ('u', "unix"), _ => ('o', "other") } : ('o', "other"),
                    0 => OfAnonymous(path),
                    _ => path.StartsWith("memfd:"u8) || path.StartsWith("/memfd:"u8) ? ('m', "memfd") : ('f', "file"),
                };
            }
        }
        return values.Call.ReturnsDescriptor && values.Call.Path is not null ? ('f', "file") : default;
    }

    static (char, string) OfAnonymous(ReadOnlySpan<byte> path) =>
        path.IndexOf("[eventfd]"u8) >= 0 ? ('e', "event")
        : path.IndexOf("[signalfd]"u8) >= 0 ? ('s', "signalfd")
        : path.IndexOf("[eventpoll]"u8) >= 0 ? ('l', "eventpoll")
        : path.IndexOf("inotify"u8) >= 0 ? ('i', "inotify")
        : path.IndexOf("[timerfd]"u8) >= 0 ? ('t', "timerfd")
        : path.IndexOf("bpf"u8) >= 0 ? ('b', "bpf")
        : path.IndexOf("[io_uring]"u8) >= 0 ? ('r', "io_uring")
        : path.IndexOf("[userfaultfd]"u8) >= 0 ? ('u', "userfaultfd")
        : ('o', "other");

    /// <summary>The path of a file by its descriptor; of one that could not be opened, as the caller named it.</summary>
    static bool TryPath(FalcoEvent e, out ReadOnlySpan<byte> path)
    {
        path = default;
        if (e.Values is not { } values) return false;
        if (e.PlaceOf(values.File) is >= 0 and var place)
        {
            var record = e.Record;
            if ((record.ModeAt(place) & TypeMask) is Socket or Pipe) return false;
            if ((record.FlagsAt(place) & (ArgumentFlags.Null | ArgumentFlags.Unread)) == 0 && record.TryGetBytes(place, out path) && !path.IsEmpty) return true;
        }
        return values.Call is { ReturnsDescriptor: true, Path: { } argument } && TryAbsolute(e, argument, out path);
    }

    /// <summary>A path of an argument from the root.</summary>
    static bool TryAbsolute(FalcoEvent e, CallArgument argument, out ReadOnlySpan<byte> absolute)
    {
        absolute = default;
        if (!e.TryBytes(argument.Value, out var path)) return false;
        ReadOnlySpan<byte> directory = default;
        if (argument.Kind == CallKind.Path && e.Values!.Call.DirectoryOf(argument) is { } at) e.TryBytes(at.File, out directory);
        absolute = argument.Kind == CallKind.Path ? Paths.Absolute(e, path, directory) : path;
        return true;
    }

    static bool TryRawName(FalcoEvent e, out FieldValue value) =>
        e.Values is { Call: { ReturnsDescriptor: true, Path: { } argument } } && e.TryBytes(argument.Value, out var path) ? Give(path, out value) : TryName(e, out value);

    static bool TryName(FalcoEvent e, out FieldValue value)
    {
        if (TryPath(e, out var path)) return Give(path, out value);
        if (e.Values is not { } values) return None(out value);
        if (TrySocket(e, out var socket) && socket.Family is V4 or V6) return Give(e.Keep(Describe(e, socket)), out value);
        if (AddressOf(values.Call) is { } address && TryUnixPath(e, address, out var unix)) return Give(unix, out value);
        return e.TryBytes(values.File, out path) ? Give(path, out value) : None(out value);
    }

    /// <summary>The client's end first.</summary>
    static string Describe(FalcoEvent e, SocketEnds socket)
    {
        var local = new IPEndPoint(new IPAddress(socket.Local.V6[..(socket.Family == V4 ? 4 : 16)]), socket.LocalPort);
        var remote = new IPEndPoint(new IPAddress(socket.Remote.V6[..(socket.Family == V4 ? 4 : 16)]), socket.RemotePort);
        if (socket.RemotePort == 0) return Text(local);
        return IsServer(e, socket) ? $"{Text(remote)}->{Text(local)}" : $"{Text(local)}->{Text(remote)}";

        static string Text(IPEndPoint end) => string.Create(CultureInfo.InvariantCulture, $"{end.Address}:{end.Port}");
    }

    static bool TryUnixPath(FalcoEvent e, CallArgument argument, out ReadOnlySpan<byte> path)
    {
        path = default;
        return e.PlaceOf(argument.UnixAddress) is >= 0 and var place && e.Record.TryGetUnixAddress(place, out var address, out path) && address.Family == Unix;
    }

    /// <summary>An address that a call is given.</summary>
    public static bool TryAddress(FalcoEvent e, CallArgument argument, out string text)
    {
        text = "";
        if (TryUnixPath(e, argument, out var path))
        {
            text = Encoding.UTF8.GetString(path);
            return true;
        }
        if (!e.TryBytes(argument.Value, out var bytes) || bytes.Length < Marshal.SizeOf<SocketAddressValue>()) return false;
        var address = MemoryMarshal.Read<SocketAddressValue>(bytes);
        if (address.Family is not (V4 or V6)) return false;
        text = string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(address.Address.V6[..(address.Family == V4 ? 4 : 16)])}:{address.Port}");
        return true;
    }

    /// <summary>A descriptor as people read it: its number, a letter for its type, its name.</summary>
    public static string Describe(FalcoEvent e, long number, ValueSpec? file)
    {
        const int WorkingDirectory = -100; // AT_FDCWD
        if (number == WorkingDirectory) return "AT_FDCWD";
        var text = number.ToString(CultureInfo.InvariantCulture);
        if (number < 0 || e.PlaceOf(file) is not (>= 0 and var place) || !e.TryBytes(file, out var name)) return text;
        var letter = (e.Record.ModeAt(place) & TypeMask) switch { Directory => 'd', Pipe => 'p', Socket => 's', 0 => OfAnonymous(name).Item1, _ => 'f' };
        return $"{text}(<{letter}>{Encoding.UTF8.GetString(name)})";
    }
}
