using System.Runtime.InteropServices;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>Prints captured values as members of Tetragon's <c>KprobeArgument</c>.</summary>
static class ValuePrinter
{
    const uint CompatibleSyscall = 0x8000_0000;
    const int AF_INET = 2, AF_INET6 = 10;

    static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>One argument. A value that could not be read keeps its place, as an error.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="hookEvent">The event.</param>
    /// <param name="value">How it is printed.</param>
    /// <param name="place">Its place in the record's table; -1 when it has none.</param>
    public static void Write(JsonLineWriter json, in HookEvent hookEvent, ExportValue value, int place)
    {
        json.Raw((byte)'{');
        var start = json.Length;
        if (!TryWrite(json, hookEvent, value, place))
        {
            json.Truncate(start);
            json.Raw("\"error_arg\":{\"Message\":\""u8);
            json.Raw(Reason(hookEvent.Record, place));
            json.Raw("\"}"u8);
        }
        json.Raw(value.Ending);
    }

    static ReadOnlySpan<byte> Reason(in HookRecord record, int place)
    {
        if (!record.IsCaptured(place)) return "not captured"u8;
        var flags = record.FlagsAt(place);
        return (flags & ArgumentFlags.Null) != 0 ? "null pointer"u8 : (flags & ArgumentFlags.Unread) != 0 ? "not readable"u8 : "malformed"u8;
    }

    static bool TryWrite(JsonLineWriter json, in HookEvent hookEvent, ExportValue value, int place)
    {
        var record = hookEvent.Record;
        if (!record.IsCaptured(place)) return false;
        switch (value.Kind)
        {
            case ValueKind.Int8: return Int(json, (sbyte)record.NumberAt(place));
            case ValueKind.Int16: return Int(json, (short)record.NumberAt(place));
            case ValueKind.Int32: return Int(json, (int)record.NumberAt(place));
            case ValueKind.UInt8: return UInt(json, (byte)record.NumberAt(place));
            case ValueKind.UInt16: return UInt(json, (ushort)record.NumberAt(place));
            case ValueKind.UInt32: return UInt(json, (uint)record.NumberAt(place));
            case ValueKind.Int64:
                json.Raw("\"long_arg\":"u8);
                json.LongNumber((long)record.NumberAt(place));
                return true;
            case ValueKind.UInt64:
                json.Raw("\"size_arg\":"u8);
                json.LongNumber(record.NumberAt(place));
                return true;
            case ValueKind.Syscall: return Syscall(json, (uint)record.NumberAt(place));
            case ValueKind.BpfCommand:
                json.Raw("\"bpf_cmd_arg\":"u8);
                ProcessPrinter.Enumerated(json, BpfNames.Command((uint)record.NumberAt(place)), (uint)record.NumberAt(place));
                return true;
            case ValueKind.Capability: return Capability(json, (uint)record.NumberAt(place));
            case ValueKind.CapabilitySet: return CapabilitySet(json, "\"kernel_cap_t_arg\":"u8, record.NumberAt(place));
            case ValueKind.InheritableSet: return CapabilitySet(json, "\"cap_inheritable_arg\":"u8, record.NumberAt(place));
            case ValueKind.PermittedSet: return CapabilitySet(json, "\"cap_permitted_arg\":"u8, record.NumberAt(place));
            case ValueKind.EffectiveSet: return CapabilitySet(json, "\"cap_effective_arg\":"u8, record.NumberAt(place));
            default: return TryWritePlaced(json, hookEvent, value, place);
        }
    }

    static bool TryWritePlaced(JsonLineWriter json, in HookEvent hookEvent, ExportValue value, int place)
    {
        var record = hookEvent.Record;
        var flags = record.FlagsAt(place);
        if ((flags & ArgumentFlags.Unread) != 0) return false;
        switch (value.Kind)
        {
            case ValueKind.Text or ValueKind.Filename or ValueKind.DataLocation: return Text(json, record, place);
            case ValueKind.Buffer or ValueKind.IoVector or ValueKind.IoIterator: return Bytes(json, hookEvent, value, place);
        }
        if ((flags & ArgumentFlags.Null) != 0) return false;
        return value.Kind switch
        {
            ValueKind.Path or ValueKind.Dentry => Path(json, "\"path_arg\":"u8, record, place),
            ValueKind.File or ValueKind.FileDescriptor or ValueKind.Kiocb => Path(json, "\"file_arg\":"u8, record, place),
            ValueKind.BinaryProgram => Path(json, "\"linux_binprm_arg\":"u8, record, place),
            ValueKind.Sock or ValueKind.Socket => record.TryGetValue(place, out SocketValue socket) && Socket(json, socket),
            ValueKind.Skb => record.TryGetValue(place, out SkbValue packet) && Packet(json, packet),
            ValueKind.SocketAddress => record.TryGetValue(place, out SocketAddressValue address) && SocketAddress(json, address),
            ValueKind.UnixAddress => UnixAddress(json, record, place),
            ValueKind.Credentials => record.TryGetValue(place, out CredentialValue credentials) && Credentials(json, credentials),
            ValueKind.UserNamespace => record.TryGetValue(place, out UserNamespaceValue space) && UserNamespace(json, space),
            ValueKind.BpfAttributes => record.TryGetValue(place, out BpfAttributesValue attributes)
                && Program(json, "\"bpf_attr_arg\":{"u8, attributes.ProgramType, attributes.Instructions, attributes.Name.Text),
            ValueKind.BpfProgram => record.TryGetValue(place, out BpfProgramValue program)
                && Program(json, "\"bpf_prog_arg\":{"u8, program.Type, program.Instructions, program.Name.Text),
            ValueKind.BpfMap => record.TryGetValue(place, out BpfMapValue map) && Map(json, map),
            ValueKind.PerfEvent => record.TryGetValue(place, out PerfEventValue perf) && Perf(json, perf),
            ValueKind.LoadInfo => record.TryGetValue(place, out ModuleValue module) && Module(json, module, isLoading: true),
            ValueKind.Module => record.TryGetValue(place, out ModuleValue module) && Module(json, module, isLoading: false),
            ValueKind.NetworkDevice => record.TryGetValue(place, out DeviceValue device) && Device(json, device),
            _ => false,
        };
    }

    static bool Int(JsonLineWriter json, int value)
    {
        json.Raw("\"int_arg\":"u8);
        json.Number((long)value);
        return true;
    }

    static bool UInt(JsonLineWriter json, uint value)
    {
        json.Raw("\"uint_arg\":"u8);
        json.Number((ulong)value);
        return true;
    }

    static bool Syscall(JsonLineWriter json, uint number)
    {
        json.Raw("\"syscall_id\":{"u8);
        json.NonZero(",\"id\":"u8, number & ~CompatibleSyscall);
        json.Member(",\"abi\":"u8);
        var isCompatible = (number & CompatibleSyscall) != 0;
        json.Quoted(IsArm ? isCompatible ? "arm32"u8 : "arm64"u8 : isCompatible ? "i386"u8 : "x64"u8);
        json.Raw((byte)'}');
        return true;
    }

    static bool Capability(JsonLineWriter json, uint number)
    {
        json.Raw("\"capability_arg\":{\"value\":"u8);
        json.Number((long)(int)number);
        json.NonEmpty(",\"name\":"u8, CapabilityNames.Of(number));
        json.Raw((byte)'}');
        return true;
    }

    static bool CapabilitySet(JsonLineWriter json, ReadOnlySpan<byte> name, ulong set)
    {
        json.Raw(name);
        json.Hexadecimal(set);
        return true;
    }

    static bool Text(JsonLineWriter json, in HookRecord record, int place)
    {
        if (!record.TryGetBytes(place, out var text)) return false;
        json.Raw("\"string_arg\":"u8);
        json.Text(text);
        return true;
    }

    static bool Bytes(JsonLineWriter json, in HookEvent hookEvent, ExportValue value, int place)
    {
        var record = hookEvent.Record;
        if (!record.TryGetBytes(place, out var bytes)) return false;
        if ((record.FlagsAt(place) & ArgumentFlags.Cut) == 0)
        {
            json.Raw("\"bytes_arg\":"u8);
            json.Base64(bytes);
            return true;
        }
        json.Raw("\"truncated_bytes_arg\":{"u8);
        if (!bytes.IsEmpty)
        {
            json.Raw("\"bytes_arg\":"u8);
            json.Base64(bytes);
        }
        var size = value.Size < 0 ? -1 : hookEvent.PlaceOf(value.Size);
        if (record.IsCaptured(size)) json.NonZeroLong(",\"orig_size\":"u8, record.NumberAt(size));
        json.Raw((byte)'}');
        return true;
    }

    /// <summary>A file without any path, such as an anonymous one, prints as the root: Tetragon's policies and users know it so.</summary>
    static bool Path(JsonLineWriter json, ReadOnlySpan<byte> name, in HookRecord record, int place)
    {
        if (!record.TryGetBytes(place, out var path)) return false;
        json.Raw(name);
        json.Raw("{\"path\":"u8);
        json.Text(path.IsEmpty ? "/"u8 : path);
        if ((record.FlagsAt(place) & ArgumentFlags.Unresolved) != 0) json.Raw(",\"flags\":\"unresolvedPathComponents\""u8);
        if (record.ModeAt(place) is var mode and not 0)
        {
            Span<byte> text = stackalloc byte[ModeText.Longest];
            json.Raw(",\"permission\":"u8);
            json.Quoted(text[..ModeText.Format(mode, text)]);
        }
        json.Raw((byte)'}');
        return true;
    }

    static bool Socket(JsonLineWriter json, in SocketValue socket)
    {
        json.Raw("\"sock_arg\":{"u8);
        json.Name(",\"family\":"u8, NetworkNames.Family(socket.Family), socket.Family);
        json.Name(",\"type\":"u8, NetworkNames.Type(socket.Type), socket.Type);
        json.Name(",\"protocol\":"u8, NetworkNames.Protocol(socket.Protocol), socket.Protocol);
        json.NonZero(",\"mark\":"u8, socket.Mark);
        json.NonZero(",\"priority\":"u8, socket.Priority);
        Address(json, ",\"saddr\":"u8, socket.Family, socket.Source);
        Address(json, ",\"daddr\":"u8, socket.Family, socket.Destination);
        json.NonZero(",\"sport\":"u8, socket.SourcePort);
        json.NonZero(",\"dport\":"u8, socket.DestinationPort);
        // Tetragon calls the address of the kernel's socket its cookie.
        json.NonZeroLong(",\"cookie\":"u8, socket.Address);
        json.Name(",\"state\":"u8, NetworkNames.State(socket.State), socket.State);
        json.Raw((byte)'}');
        return true;
    }

    static bool Packet(JsonLineWriter json, in SkbValue packet)
    {
        json.Raw("\"skb_arg\":{"u8);
        json.NonZero(",\"hash\":"u8, packet.Hash);
        json.NonZero(",\"len\":"u8, packet.Length);
        json.NonZero(",\"priority\":"u8, packet.Priority);
        json.NonZero(",\"mark\":"u8, packet.Mark);
        Address(json, ",\"saddr\":"u8, packet.Family, packet.Source);
        Address(json, ",\"daddr\":"u8, packet.Family, packet.Destination);
        json.NonZero(",\"sport\":"u8, packet.SourcePort);
        json.NonZero(",\"dport\":"u8, packet.DestinationPort);
        json.NonZero(",\"proto\":"u8, packet.Protocol);
        json.NonZero(",\"sec_path_len\":"u8, packet.SecurityPathLength);
        json.NonZero(",\"sec_path_olen\":"u8, packet.SecurityPathOriginalLength);
        json.Name(",\"protocol\":"u8, NetworkNames.Protocol(packet.Protocol), packet.Protocol);
        json.Name(",\"family\":"u8, NetworkNames.Family(packet.Family), packet.Family);
        json.Raw((byte)'}');
        return true;
    }

    static bool SocketAddress(JsonLineWriter json, in SocketAddressValue address)
    {
        json.Raw("\"sockaddr_arg\":{"u8);
        json.Name(",\"family\":"u8, NetworkNames.Family(address.Family), address.Family);
        Address(json, ",\"addr\":"u8, address.Family, address.Address);
        json.NonZero(",\"port\":"u8, address.Port);
        json.Raw((byte)'}');
        return true;
    }

    static bool UnixAddress(JsonLineWriter json, in HookRecord record, int place)
    {
        if (!record.TryGetUnixAddress(place, out var address, out var path)) return false;
        json.Raw("\"sockaddrun_arg\":{"u8);
        json.Name(",\"family\":"u8, NetworkNames.Family(address.Family), address.Family);
        if (!path.IsEmpty)
        {
            json.Raw(",\"path\":\""u8);
            if (address.Abstract != 0) json.Raw((byte)'@');
            json.Escaped(path);
            json.Raw((byte)'"');
        }
        json.Raw((byte)'}');
        return true;
    }

    static void Address(JsonLineWriter json, ReadOnlySpan<byte> name, uint family, in AddressBytes address)
    {
        if (family is not (AF_INET or AF_INET6)) return;
        json.Member(name);
        json.Address(family == AF_INET ? address.V4 : address.V6);
    }

    static bool Credentials(JsonLineWriter json, in CredentialValue value)
    {
        var credentials = value.Credentials;
        json.Raw("\"process_credentials_arg\":{"u8);
        ProcessPrinter.Identities(json, credentials);
        json.Raw(",\"caps\":{"u8);
        ProcessPrinter.Capabilities(json, credentials);
        json.Raw("},\"user_ns\":{\"level\":"u8);
        json.Number((long)(int)credentials.UserNamespaceLevel);
        json.Raw(",\"uid\":"u8);
        json.Number((ulong)credentials.UserNamespaceOwner);
        Namespace(json, credentials.UserNamespace, credentials.UserNamespaceLevel);
        json.Raw("}}"u8);
        return true;
    }

    static bool UserNamespace(JsonLineWriter json, in UserNamespaceValue space)
    {
        json.Raw("\"user_ns_arg\":{\"level\":"u8);
        json.Number((long)(int)space.Level);
        json.Raw(",\"uid\":"u8);
        json.Number((ulong)space.Owner);
        json.Raw(",\"gid\":"u8);
        json.Number((ulong)space.Group);
        Namespace(json, space.Inode, space.Level);
        json.Raw((byte)'}');
        return true;
    }

    static void Namespace(JsonLineWriter json, uint inode, uint level)
    {
        json.Raw(",\"ns\":{"u8);
        json.NonZero(",\"inum\":"u8, inode);
        if (level == 0)
        {
            json.Member(",\"is_host\":"u8);
            json.Raw("true"u8);
        }
        json.Raw((byte)'}');
    }

    static bool Program(JsonLineWriter json, ReadOnlySpan<byte> opening, uint type, uint instructions, ReadOnlySpan<byte> name)
    {
        json.Raw(opening);
        json.Name(",\"ProgType\":"u8, BpfNames.ProgramType(type), type);
        json.NonZero(",\"InsnCnt\":"u8, instructions);
        json.NonEmpty(",\"ProgName\":"u8, name);
        json.Raw((byte)'}');
        return true;
    }

    static bool Map(JsonLineWriter json, in BpfMapValue map)
    {
        json.Raw("\"bpf_map_arg\":{"u8);
        json.Name(",\"MapType\":"u8, BpfNames.MapType(map.Type), map.Type);
        json.NonZero(",\"KeySize\":"u8, map.KeySize);
        json.NonZero(",\"ValueSize\":"u8, map.ValueSize);
        json.NonZero(",\"MaxEntries\":"u8, map.MaxEntries);
        json.NonEmpty(",\"MapName\":"u8, map.Name.Text);
        json.Raw((byte)'}');
        return true;
    }

    static bool Perf(JsonLineWriter json, in PerfEventValue perf)
    {
        json.Raw("\"perf_event_arg\":{"u8);
        json.NonEmpty(",\"KprobeFunc\":"u8, perf.Function.Text);
        json.Name(",\"Type\":"u8, BpfNames.PerfType(perf.Type), perf.Type);
        json.NonZeroLong(",\"Config\":"u8, perf.Config);
        json.NonZeroLong(",\"ProbeOffset\":"u8, perf.Offset);
        json.Raw((byte)'}');
        return true;
    }

    static bool Module(JsonLineWriter json, in ModuleValue module, bool isLoading)
    {
        json.Raw("\"module_arg\":{"u8);
        json.NonEmpty(",\"name\":"u8, module.Name.Text);
        if (isLoading)
        {
            json.Member(",\"signature_ok\":"u8);
            json.Raw(module.SignatureOk != 0 ? "true"u8 : "false"u8);
        }
        TaintNames.Write(json, module.Taints);
        json.Raw((byte)'}');
        return true;
    }

    /// <summary>Tetragon prints the name as a string, though its API has a message for devices.</summary>
    static bool Device(JsonLineWriter json, in DeviceValue device)
    {
        json.Raw("\"string_arg\":"u8);
        json.Text(device.Name.Text);
        return true;
    }
}
