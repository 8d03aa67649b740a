using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>Prints captured values as briefly as people understand them.</summary>
static class CompactValue
{
    const int AF_INET = 2, AF_INET6 = 10;

    public static void Write(JsonLineWriter line, in HookRecord record, ValueKind kind, int place)
    {
        var start = line.Length;
        if (record.IsCaptured(place) && TryWrite(line, record, kind, place)) return;
        line.Truncate(start);
        line.Raw((byte)'?');
    }

    static bool TryWrite(JsonLineWriter line, in HookRecord record, ValueKind kind, int place)
    {
        switch (kind)
        {
            case ValueKind.Int8: return Number(line, (sbyte)record.NumberAt(place));
            case ValueKind.Int16: return Number(line, (short)record.NumberAt(place));
            case ValueKind.Int32: return Number(line, (int)record.NumberAt(place));
            case ValueKind.Int64: return Number(line, (long)record.NumberAt(place));
            case ValueKind.UInt8: return Number(line, (byte)record.NumberAt(place));
            case ValueKind.UInt16: return Number(line, (ushort)record.NumberAt(place));
            case ValueKind.UInt32: return Number(line, (uint)record.NumberAt(place));
            case ValueKind.UInt64:
                line.Number(record.NumberAt(place));
                return true;
            case ValueKind.Syscall: return Number(line, (uint)record.NumberAt(place) & 0x7fff_ffff);
            case ValueKind.BpfCommand: return Name(line, BpfNames.Command((uint)record.NumberAt(place)), (uint)record.NumberAt(place));
            case ValueKind.Capability: return Name(line, CapabilityNames.Of((uint)record.NumberAt(place)), (uint)record.NumberAt(place));
            case ValueKind.CapabilitySet or ValueKind.InheritableSet or ValueKind.PermittedSet or ValueKind.EffectiveSet:
                line.Hexadecimal(record.NumberAt(place));
                return true;
        }
        if ((record.FlagsAt(place) & ArgumentFlags.Unread) != 0 || !record.TryGetBytes(place, out var bytes)) return false;
        if ((record.FlagsAt(place) & ArgumentFlags.Null) != 0)
        {
            line.Raw("null"u8);
            return true;
        }
        return TryWriteObject(line, record, kind, place, bytes);
    }

    static bool TryWriteObject(JsonLineWriter line, in HookRecord record, ValueKind kind, int place, ReadOnlySpan<byte> bytes)
    {
        switch (kind)
        {
            case ValueKind.Text or ValueKind.Filename or ValueKind.DataLocation or ValueKind.Path or ValueKind.File or ValueKind.Dentry
                or ValueKind.FileDescriptor or ValueKind.Kiocb or ValueKind.BinaryProgram:
                TerminalText.Write(line, bytes);
                return true;
            case ValueKind.Buffer or ValueKind.IoVector or ValueKind.IoIterator:
                line.Raw((byte)'<');
                line.Number((ulong)bytes.Length);
                line.Raw(" bytes>"u8);
                return true;
            case ValueKind.Sock or ValueKind.Socket:
                return record.TryGetValue(place, out SocketValue socket)
                    && Connection(line, socket.Protocol, socket.Family, socket.Source, socket.SourcePort, socket.Destination, socket.DestinationPort);
            case ValueKind.Skb:
                return record.TryGetValue(place, out SkbValue packet)
                    && Connection(line, packet.Protocol, packet.Family, packet.Source, packet.SourcePort, packet.Destination, packet.DestinationPort);
            case ValueKind.SocketAddress:
                return record.TryGetValue(place, out SocketAddressValue address) && End(line, address.Family, address.Address, address.Port);
            case ValueKind.UnixAddress:
                if (!record.TryGetUnixAddress(place, out var unix, out var path)) return false;
                if (unix.Abstract != 0) line.Raw((byte)'@');
                TerminalText.Write(line, path);
                return true;
            case ValueKind.Credentials:
                return record.TryGetValue(place, out CredentialValue credentials) && Named(line, "uid "u8, credentials.Credentials.EffectiveUid);
            case ValueKind.UserNamespace:
                return record.TryGetValue(place, out UserNamespaceValue space) && Named(line, "user namespace "u8, space.Inode);
            case ValueKind.BpfAttributes:
                return record.TryGetValue(place, out BpfAttributesValue attributes)
                    && Object(line, BpfNames.ProgramType(attributes.ProgramType), attributes.Name.Text);
            case ValueKind.BpfProgram:
                return record.TryGetValue(place, out BpfProgramValue program) && Object(line, BpfNames.ProgramType(program.Type), program.Name.Text);
            case ValueKind.BpfMap:
                return record.TryGetValue(place, out BpfMapValue map) && Object(line, BpfNames.MapType(map.Type), map.Name.Text);
            case ValueKind.PerfEvent:
                return record.TryGetValue(place, out PerfEventValue perf) && Object(line, BpfNames.PerfType(perf.Type), perf.Function.Text);
            case ValueKind.LoadInfo or ValueKind.Module:
                return record.TryGetValue(place, out ModuleValue module) && Object(line, default, module.Name.Text);
            case ValueKind.NetworkDevice:
                return record.TryGetValue(place, out DeviceValue device) && Object(line, default, device.Name.Text);
            default: return false;
        }
    }

    static bool Number(JsonLineWriter line, long value)
    {
        line.Number(value);
        return true;
    }

    static bool Name(JsonLineWriter line, ReadOnlySpan<byte> name, uint number)
    {
        if (name.IsEmpty) line.Number((ulong)number);
        else line.Raw(name);
        return true;
    }

    static bool Named(JsonLineWriter line, ReadOnlySpan<byte> name, uint number)
    {
        line.Raw(name);
        line.Number((ulong)number);
        return true;
    }

    static bool Object(JsonLineWriter line, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name)
    {
        line.Raw(type);
        if (!type.IsEmpty && !name.IsEmpty) line.Raw((byte)' ');
        TerminalText.Write(line, name);
        return true;
    }

    static bool Connection(
        JsonLineWriter line, uint protocol, uint family, in AddressBytes source, uint sourcePort, in AddressBytes destination, uint destinationPort)
    {
        const int PrefixLength = 8; // IPPROTO_
        if (family is AF_INET or AF_INET6 && NetworkNames.Protocol(protocol) is { IsEmpty: false } name)
        {
            foreach (var letter in name[PrefixLength..]) line.Raw((byte)(letter | 0x20));
            line.Raw((byte)' ');
        }
        End(line, family, source, sourcePort);
        if (family is not (AF_INET or AF_INET6)) return true;
        line.Raw(" -> "u8);
        return End(line, family, destination, destinationPort);
    }

    static bool End(JsonLineWriter line, uint family, in AddressBytes address, uint port)
    {
        switch (family)
        {
            case AF_INET:
                line.AddressPart(address.V4);
                break;
            case AF_INET6:
                line.Raw((byte)'[');
                line.AddressPart(address.V6);
                line.Raw((byte)']');
                break;
            default: return Name(line, NetworkNames.Family(family), family);
        }
        line.Raw((byte)':');
        line.Number((ulong)port);
        return true;
    }
}
