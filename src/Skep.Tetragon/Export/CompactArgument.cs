using System.Text;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Export;

/// <summary>Prints values of messages as <see cref="CompactValue"/> prints what a record holds.</summary>
static class CompactArgument
{
    const string ProtocolPrefix = "IPPROTO_", NullPointer = "null pointer";

    public static void Write(CompactLine line, KprobeArgument argument)
    {
        switch (argument.ArgCase)
        {
            case KprobeArgument.ArgOneofCase.StringArg: line.Text(argument.StringArg); break;
            case KprobeArgument.ArgOneofCase.IntArg: line.Line.Number((long)argument.IntArg); break;
            case KprobeArgument.ArgOneofCase.UintArg: line.Line.Number((ulong)argument.UintArg); break;
            case KprobeArgument.ArgOneofCase.LongArg: line.Line.Number(argument.LongArg); break;
            case KprobeArgument.ArgOneofCase.SizeArg: line.Line.Number(argument.SizeArg); break;
            case KprobeArgument.ArgOneofCase.BytesArg: Bytes(line, argument.BytesArg.Length); break;
            case KprobeArgument.ArgOneofCase.TruncatedBytesArg: Bytes(line, argument.TruncatedBytesArg.BytesArg.Length); break;
            case KprobeArgument.ArgOneofCase.PathArg: line.Text(argument.PathArg.Path); break;
            case KprobeArgument.ArgOneofCase.FileArg: line.Text(argument.FileArg.Path); break;
            case KprobeArgument.ArgOneofCase.LinuxBinprmArg: line.Text(argument.LinuxBinprmArg.Path); break;
            case KprobeArgument.ArgOneofCase.NetDevArg: line.Text(argument.NetDevArg.Name); break;
            case KprobeArgument.ArgOneofCase.ModuleArg: line.Text(argument.ModuleArg.Name); break;
            case KprobeArgument.ArgOneofCase.SockArg:
                var sock = argument.SockArg;
                Connection(line, sock.Protocol, sock.Family, sock.Saddr, sock.Sport, sock.Daddr, sock.Dport);
                break;
            case KprobeArgument.ArgOneofCase.SkbArg:
                var packet = argument.SkbArg;
                Connection(line, packet.Protocol, packet.Family, packet.Saddr, packet.Sport, packet.Daddr, packet.Dport);
                break;
            case KprobeArgument.ArgOneofCase.SockaddrArg: End(line, argument.SockaddrArg.Family, argument.SockaddrArg.Addr, argument.SockaddrArg.Port); break;
            case KprobeArgument.ArgOneofCase.SockaddrunArg: line.Text(argument.SockaddrunArg.Path); break;
            case KprobeArgument.ArgOneofCase.CapabilityArg: Named(line, argument.CapabilityArg.Name, (uint)(argument.CapabilityArg.Value ?? 0)); break;
            case KprobeArgument.ArgOneofCase.KernelCapTArg: Quoted(line, argument.KernelCapTArg); break;
            case KprobeArgument.ArgOneofCase.CapInheritableArg: Quoted(line, argument.CapInheritableArg); break;
            case KprobeArgument.ArgOneofCase.CapPermittedArg: Quoted(line, argument.CapPermittedArg); break;
            case KprobeArgument.ArgOneofCase.CapEffectiveArg: Quoted(line, argument.CapEffectiveArg); break;
            case KprobeArgument.ArgOneofCase.BpfCmdArg: Named(line, Encoding.UTF8.GetString(BpfNames.Command((uint)argument.BpfCmdArg)), (uint)argument.BpfCmdArg); break;
            case KprobeArgument.ArgOneofCase.SyscallId: line.Line.Number((ulong)argument.SyscallId.Id); break;
            case KprobeArgument.ArgOneofCase.ProcessCredentialsArg: Number(line, "uid "u8, argument.ProcessCredentialsArg.Euid ?? 0); break;
            case KprobeArgument.ArgOneofCase.UserNsArg: Number(line, "user namespace "u8, argument.UserNsArg.Ns?.Inum ?? 0); break;
            case KprobeArgument.ArgOneofCase.BpfAttrArg: Object(line, argument.BpfAttrArg.ProgType, argument.BpfAttrArg.ProgName); break;
            case KprobeArgument.ArgOneofCase.BpfProgArg: Object(line, argument.BpfProgArg.ProgType, argument.BpfProgArg.ProgName); break;
            case KprobeArgument.ArgOneofCase.BpfMapArg: Object(line, argument.BpfMapArg.MapType, argument.BpfMapArg.MapName); break;
            case KprobeArgument.ArgOneofCase.PerfEventArg: Object(line, argument.PerfEventArg.Type, argument.PerfEventArg.KprobeFunc); break;
            case KprobeArgument.ArgOneofCase.ErrorArg when argument.ErrorArg.Message == NullPointer: line.Line.Raw("null"u8); break;
            default: line.Line.Raw((byte)'?'); break;
        }
    }

    static void Bytes(CompactLine line, int count)
    {
        line.Line.Raw((byte)'<');
        line.Line.Number((ulong)count);
        line.Line.Raw(" bytes>"u8);
    }

    static void Quoted(CompactLine line, string text)
    {
        line.Line.Raw((byte)'"');
        line.Text(text);
        line.Line.Raw((byte)'"');
    }

    static void Named(CompactLine line, string name, uint number)
    {
        if (name.Length > 0) line.Text(name);
        else line.Line.Number((ulong)number);
    }

    static void Number(CompactLine line, ReadOnlySpan<byte> name, uint number)
    {
        line.Line.Raw(name);
        line.Line.Number((ulong)number);
    }

    static void Object(CompactLine line, string type, string name)
    {
        // The number of a type that has no name here.
        if (type.Length > 0 && char.IsAsciiDigit(type[0])) type = "";
        line.Text(type);
        if (type.Length > 0 && name.Length > 0) line.Line.Raw((byte)' ');
        line.Text(name);
    }

    static void Connection(CompactLine line, string protocol, string family, string source, uint sourcePort, string destination, uint destinationPort)
    {
        if (source.Length + destination.Length > 0 && protocol.StartsWith(ProtocolPrefix, StringComparison.Ordinal))
        {
            line.Text(protocol[ProtocolPrefix.Length..].ToLowerInvariant());
            line.Line.Raw((byte)' ');
        }
        End(line, family, source, sourcePort);
        if (destination.Length == 0) return;
        line.Line.Raw(" -> "u8);
        End(line, family, destination, destinationPort);
    }

    static void End(CompactLine line, string family, string address, uint port)
    {
        if (address.Length == 0)
        {
            line.Text(family);
            return;
        }
        var isLong = address.Contains(':', StringComparison.Ordinal);
        if (isLong) line.Line.Raw((byte)'[');
        line.Text(address);
        line.Line.Raw(isLong ? "]:"u8 : ":"u8);
        line.Line.Number((ulong)port);
    }
}
