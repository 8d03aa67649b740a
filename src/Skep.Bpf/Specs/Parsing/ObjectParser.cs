using System.Buffers.Binary;

namespace Skep.Bpf;

/// <summary>
/// Turns the frame of an object file into an <see cref="ObjectSpec"/>. The order matters: sections get their roles, BTF is read and completed
/// from the symbol table, then functions, maps, data and externs become known by name, and only then relocations are resolved to those names.
/// </summary>
sealed partial class ObjectParser
{
    readonly ElfFile _elf;
    readonly ObjectSpec _spec;
    readonly SectionRole[] _roles;
    readonly UniqueNames _mapNames = new();

    public ObjectParser(ElfFile elf)
    {
        _elf = elf;
        _spec = new ObjectSpec { Name = elf.Name, ByteOrder = elf.IsBigEndian ? ByteOrder.Big : ByteOrder.Little };
        _roles = [.. elf.Sections.Select(RoleOf)];
    }

    public ObjectSpec Parse()
    {
        ReadLicenseAndVersion();
        ReadTypes();
        CollectFunctions();
        CollectMaps();
        CollectDataSections();
        CollectStructOps();
        CollectExterns();
        CollectRelocations();
        ReadExtendedTypes();
        foreach (var function in _functions) function.Complete();
        CollectPrograms();
        return _spec;
    }

    SectionRole RoleOf(ElfSection section)
    {
        var name = section.Name;
        if (section.IsExecutable) return SectionRole.Code;
        if (!section.HoldsData) return SectionRole.Ignored;
        if (name == "license") return SectionRole.License;
        if (name == "version") return SectionRole.Version;
        if (name == ".maps") return SectionRole.Maps;
        if (name == "maps" || name.StartsWith("maps/", StringComparison.Ordinal))
        {
            throw Error($"section '{name}': legacy map definitions (struct bpf_map_def) are not supported; define the maps with BTF in SEC(\".maps\")");
        }
        if (name is ".struct_ops" or ".struct_ops.link" or "?.struct_ops" or "?.struct_ops.link") return SectionRole.StructOps;
        if (name == ".addr_space.1") return SectionRole.ArenaData;
        if (name == ".jumptables") return SectionRole.JumpTables;
        if (IsFamily(name, ".rodata")) return SectionRole.ReadOnlyData;
        if (IsFamily(name, ".bss")) return SectionRole.ZeroData;
        if (IsFamily(name, ".data")) return SectionRole.Data;
        if (!section.IsAllocated || name.StartsWith('.')) return SectionRole.Ignored;
        // A section of the author's own: SEC("settings") int x.
        if (section.Type == ElfSectionType.NoBits) return SectionRole.ZeroData;
        return section.IsWritable ? SectionRole.Data : SectionRole.ReadOnlyData;
    }

    static bool IsFamily(string name, string family) =>
        name.StartsWith(family, StringComparison.Ordinal) && (name.Length == family.Length || name[family.Length] == '.');

    void ReadLicenseAndVersion()
    {
        foreach (var section in _elf.Sections)
        {
            var content = _elf.Content(section).Span;
            switch (_roles[section.Index])
            {
                case SectionRole.License:
                    var end = content.IndexOf((byte)0);
                    _spec.License = _elf.Decode(end < 0 ? content : content[..end]);
                    break;
                case SectionRole.Version:
                    if (content.Length < 4) throw Error($"section version: {content.Length} bytes, a 32-bit number expected");
                    _spec.KernelVersion = _elf.UInt32(content);
                    break;
            }
        }
    }

    SectionRole RoleOf(ElfSymbol symbol) => _roles[_elf.SectionOf(symbol).Index];

    BpfFormatException Error(string what) => _elf.Error(what);

    byte[] KeyOf(int index)
    {
        var key = new byte[4];
        if (_elf.IsBigEndian) BinaryPrimitives.WriteInt32BigEndian(key, index);
        else BinaryPrimitives.WriteInt32LittleEndian(key, index);
        return key;
    }
}
