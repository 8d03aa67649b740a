using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>Asks the kernel about this map. Requires at least Linux 4.13.</summary>
    public MapInfo GetInfo()
    {
        var block = ReadInfo(Fd, $"map '{Name}'");
        var (frozen, memory) = ReadFdInfo(Fd);
        return new MapInfo
        {
            Id = block.Id,
            Name = BpfSyscall.Name(in block.Name),
            Type = (MapType)block.Type,
            KeySize = block.KeySize,
            ValueSize = block.ValueSize,
            MaxEntries = block.MaxEntries,
            Flags = (MapFlags)block.MapFlags,
            Extra = block.MapExtra,
            BtfId = block.BtfId,
            KeyTypeId = block.BtfKeyTypeId,
            ValueTypeId = block.BtfValueTypeId,
            KernelValueTypeId = block.BtfVmlinuxValueTypeId,
            InterfaceIndex = block.IfIndex,
            IsFrozen = frozen,
            MemoryBytes = memory,
        };
    }

    /// <summary>Opens the map with that id. Needs CAP_SYS_ADMIN. Requires at least Linux 4.13.</summary>
    /// <exception cref="BpfException">There is no such map.</exception>
    public static BpfMap FromId(uint id) => TryFromId(id, out var map) ? map : throw new BpfException($"no map has id {id}");

    /// <summary>Opens the map with that id; false when it is gone. Needs CAP_SYS_ADMIN. Requires at least Linux 4.13.</summary>
    public static bool TryFromId(uint id, [NotNullWhen(true)] out BpfMap? map)
    {
        var fd = BpfObjects.TryOpenById(BpfCommand.MapGetFdById, id);
        map = fd is null ? null : FromFd(fd, $"map with id {id}");
        return map is not null;
    }

    /// <summary>Opens a pinned map.</summary>
    /// <param name="path">Path in a BPF file system.</param>
    /// <param name="access"><see cref="MapFlags.UserReadOnly"/> or <see cref="MapFlags.UserWriteOnly"/> restrict this descriptor; 0 for both.</param>
    /// <exception cref="BpfException">The path names something else than a map.</exception>
    public static BpfMap FromPin(string path, MapFlags access = MapFlags.None)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return FromFd(PinnedObject.Open(path, (uint)access, $"open pinned map '{path}'"), $"pinned map '{path}'");
    }

    /// <summary>Gives the map a name in a BPF file system; it then lives until that is removed.</summary>
    public void Pin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        PinnedObject.Pin(Fd, path, $"pin map '{Name}' as '{path}'");
    }

    /// <summary>Removes a pin; the map itself stays while anything else holds it.</summary>
    /// <exception cref="FileNotFoundException">There is no such pin.</exception>
    public static void Unpin(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"no pin '{path}'", path);
        File.Delete(path);
    }

    /// <summary>Wraps a descriptor after asking the kernel what it is; closes it when it is no map.</summary>
    internal static BpfMap FromFd(FileDescriptor fd, string source)
    {
        try
        {
            var kind = PinnedObject.KindOf(fd);
            if (kind != "bpf-map") throw new BpfException($"{source} is not a map but '{kind}'");
            var info = ReadInfo(fd, source);
            return new BpfMap(fd, BpfSyscall.Name(in info.Name), (MapType)info.Type, info.KeySize, info.ValueSize, info.MaxEntries, (MapFlags)info.MapFlags)
            {
                Extra = info.MapExtra,
            };
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    static MapInfoBlock ReadInfo(FileDescriptor fd, string source)
    {
        var result = MapCalls.Info(fd, out var block);
        return result >= 0 ? block : throw new BpfSyscallException($"get info of {source}", -result);
    }

    /// <summary>kernel/bpf/syscall.c: bpf_map_show_fdinfo.</summary>
    static (bool? Frozen, long? Memory) ReadFdInfo(FileDescriptor fd)
    {
        var path = $"/proc/self/fdinfo/{fd.Value}";
        if (!File.Exists(path)) return default;
        (bool? frozen, long? memory) = (null, null);
        foreach (var line in File.ReadLines(path))
        {
            if (line.StartsWith("frozen:", StringComparison.Ordinal)) frozen = line.AsSpan(7).Trim() is not "0";
            if (line.StartsWith("memlock:", StringComparison.Ordinal) &&
                long.TryParse(line.AsSpan(8).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)) memory = bytes;
        }
        return (frozen, memory);
    }
}
