using System.Runtime.InteropServices;
using Shouldly;
using Skep.Bpf;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Xunit;

namespace Skep.Engine.Tests.Records;

/// <summary>Our structs against <c>bpf/engine.h</c>: by the numbers written down here, and by the types of the compiled object where there is one.</summary>
public class ValueLayoutTests
{
    static readonly (Type Type, string Name, int Size, (string Field, string Member, int Offset)[] Fields)[] s_layouts =
    [
        (typeof(HookHeader), "hook_record", 72, [
            ("Length", "record.length", 0), ("Kind", "record.kind", 4), ("Hook", "record.hook", 6), ("Generation", "record.generation", 8), ("Flags", "record.flags", 12),
            ("Time", "record.time", 16), ("Start", "record.start", 24), ("Pid", "record.pid", 32), ("Tid", "record.tid", 36), ("Cgroup", "record.cgroup", 40),
            ("ParentStart", "record.parent_start", 48), ("ParentPid", "record.parent_pid", 56), ("Cpu", "record.cpu", 60),
            ("Captured", "captured", 64), ("Matches", "matches", 68), ("Arguments", "arguments", 70)]),
        (typeof(HookMatch), "match", 8, []),
        (typeof(SocketValue), "socket_value", 80, [
            ("Family", "family", 0), ("Type", "type", 2), ("Protocol", "protocol", 4), ("State", "state", 6), ("Mark", "mark", 8), ("Priority", "priority", 12),
            ("Source", "source", 16), ("Destination", "destination", 32), ("SourcePort", "source_port", 48), ("DestinationPort", "destination_port", 50),
            ("Interface", "interface", 52), ("Address", "address", 56), ("Cookie", "cookie", 64), ("NetworkNamespace", "netns", 72)]),
        (typeof(SkbValue), "skb_value", 72, [
            ("Hash", "hash", 0), ("Length", "length", 4), ("Mark", "mark", 8), ("Priority", "priority", 12), ("Source", "source", 16), ("Destination", "destination", 32),
            ("SourcePort", "source_port", 48), ("DestinationPort", "destination_port", 50), ("Family", "family", 52), ("Protocol", "protocol", 54),
            ("SecurityPathLength", "secpath_length", 56), ("SecurityPathOriginalLength", "secpath_original_length", 60), ("Interface", "interface", 64), ("EtherType", "ethertype", 68)]),
        (typeof(SocketAddressValue), "sockaddr_value", 24, [("Family", "family", 0), ("Port", "port", 2), ("Interface", "interface", 4), ("Address", "address", 8)]),
        (typeof(UnixAddressValue), "sockaddr_unix_value", 8, [("Family", "family", 0), ("Abstract", "abstract", 2), ("PathLength", "path_length", 4)]),
        (typeof(Credentials), "credentials", 88, []),
        (typeof(CredentialValue), "credential_value", 88, [("Credentials", "credentials", 0)]),
        (typeof(UserNamespaceValue), "user_namespace_value", 16, [("Inode", "inode", 0), ("Level", "level", 4), ("Owner", "owner", 8), ("Group", "group", 12)]),
        (typeof(CapabilityValue), "capability_value", 8, [("Capability", "capability", 0)]),
        (typeof(BpfAttributesValue), "bpf_attribute_value", 24, [("ProgramType", "program_type", 0), ("Instructions", "instructions", 4), ("Name", "name", 8)]),
        (typeof(BpfMapValue), "bpf_map_value", 32, [("Type", "type", 0), ("KeySize", "key_size", 4), ("ValueSize", "value_size", 8), ("MaxEntries", "max_entries", 12), ("Name", "name", 16)]),
        (typeof(BpfProgramValue), "bpf_program_value", 24, [("Type", "type", 0), ("Instructions", "instructions", 4), ("Name", "name", 8)]),
        (typeof(PerfEventValue), "perf_event_value", 88, [("Type", "type", 0), ("Config", "config", 8), ("Offset", "offset", 16), ("Function", "function", 24)]),
        (typeof(ModuleValue), "module_value", 72, [("Taints", "taints", 0), ("SignatureOk", "signature_ok", 4), ("Name", "name", 8)]),
        (typeof(DeviceValue), "device_value", 24, [("Interface", "interface", 0), ("Name", "name", 8)]),
    ];

    [Fact]
    public void Values_have_their_sizes_and_offsets()
    {
        foreach (var (type, name, size, fields) in s_layouts)
        {
            Marshal.SizeOf(type).ShouldBe(size, name);
            foreach (var (field, member, offset) in fields) ((int)Marshal.OffsetOf(type, field)).ShouldBe(offset, $"{name}.{member}");
        }
    }

    [Fact]
    public void Values_have_the_layout_of_the_compiled_object()
    {
        if (FindObject() is not { } path || ObjectSpec.FromFile(path).Btf is not { } types) return;
        var compared = 0;
        foreach (var (_, name, size, fields) in s_layouts)
        {
            if (!types.TryFind(name, BtfKind.Struct, out var type)) continue;
            compared++;
            ((int)type.Size).ShouldBe(size, name);
            foreach (var (_, member, offset) in fields)
            {
                BtfLayout.TryFind(type, member, out var location).ShouldBeTrue($"{name}.{member}");
                location.BitOffset.ShouldBe((ulong)offset * 8, $"{name}.{member}");
            }
        }
        compared.ShouldBeGreaterThan(0);
    }

    /// <summary>The engine's object in the build tree, or the one that the environment names.</summary>
    static string? FindObject()
    {
        if (Environment.GetEnvironmentVariable("SKEP_ENGINE_OBJECT") is { Length: > 0 } named) return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var objects = Path.Combine(folder.FullName, "bpf", "obj");
            if (Directory.Exists(objects)) return Directory.EnumerateFiles(objects, "engine.bpf.o", SearchOption.AllDirectories).FirstOrDefault();
        }
        return null;
    }
}
