using System.Numerics;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>Creates, takes over and fills the maps of an object.</summary>
sealed class ObjectMaps(ObjectSpec spec, LoadOptions options, FileDescriptor? types, ObjectTypes? objectTypes, Dictionary<string, MappedMap?> memory)
{
    const int KernelNameLength = 15;

    /// <summary>The map of a spec: a replacement, a pinned one, or a new one with its initial data.</summary>
    /// <param name="map">What is asked for.</param>
    /// <param name="data">The initial value of a data section, when it is not the spec's.</param>
    /// <param name="created">The maps that exist already, for the templates of maps of maps.</param>
    public BpfMap Provide(MapSpec map, byte[]? data, IReadOnlyDictionary<string, BpfMap> created)
    {
        var final = Complete(map);
        if (options.ReplacementMaps.TryGetValue(map.Name, out var replacement))
        {
            CheckCompatible(final, replacement, "the replacement map");
            return new BpfMap(replacement.Fd.Duplicate(), map.Name, replacement.Type, replacement.KeySize, replacement.ValueSize, replacement.MaxEntries, replacement.Flags);
        }
        var pin = map.Pinning == PinMode.ByName ? Path.Combine(options.PinRoot, map.Name) : null;
        if (pin is not null && File.Exists(pin)) return TakeOver(final, pin);
        var result = Create(final, created);
        try
        {
            Fill(map, result, data);
            if (pin is not null) result.Pin(pin);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Creates the map of a struct_ops instance, whose value has a type of the kernel's.</summary>
    public BpfMap CreateStructOps(MapSpec map, StructOpsLayout layout)
    {
        var flags = map.Flags | (layout.ValueType.Descriptor > 0 ? MapFlags.ValueTypeBtfObject : 0);
        var attr = new MapCreateAttr
        {
            MapType = (uint)MapType.StructOps,
            KeySize = 4,
            ValueSize = layout.ValueType.Type.Size,
            MaxEntries = 1,
            MapFlags = (uint)flags,
            MapName = BpfSyscall.Name(map.Name),
            BtfFd = types?.Value ?? throw Error(map, "it needs the object's BTF; compile with -g"),
            BtfVmlinuxValueTypeId = layout.ValueType.Type.Id,
            ValueTypeBtfObjFd = layout.ValueType.Descriptor,
        };
        attr.Use(options.Token);
        var fd = BpfSyscall.CallForFd(BpfCommand.MapCreate, ref attr, $"object {spec.Name}: create map '{map.Name}' (struct_ops {map.StructOps!.TypeName})");
        return new BpfMap(fd, map.Name, MapType.StructOps, 4, layout.ValueType.Type.Size, 1, flags);
    }

    /// <summary>Puts maps and raw values into maps that start with content. Programs are put in later.</summary>
    public void FillContents(MapSpec map, IReadOnlyDictionary<string, BpfMap> maps)
    {
        if (map.Contents.Count == 0 || map.Type == MapType.ProgArray || !maps.TryGetValue(map.Name, out var target)) return;
        Span<byte> value = stackalloc byte[4];
        foreach (var entry in map.Contents)
        {
            if (entry.Symbol is null)
            {
                target.Update(entry.Key, entry.Value);
                continue;
            }
            if (!maps.TryGetValue(entry.Symbol, out var inner)) throw Error(map, $"its content names map '{entry.Symbol}', which was not created");
            BitConverter.TryWriteBytes(value, inner.Fd.Value);
            target.Update(entry.Key, value);
        }
    }

    /// <summary>Numbers that the kernel needs and objects leave out or leave to the machine.</summary>
    static MapSpec Complete(MapSpec map)
    {
        var entries = map.Type switch
        {
            MapType.PerfEventArray when map.MaxEntries == 0 => (uint)PossibleCpus.Count,
            // A ring's size must be a power of two of whole pages (kernel/bpf/ringbuf.c: ringbuf_map_alloc); what is smaller or crooked is rounded up.
            MapType.RingBuffer or MapType.UserRingBuffer when map.MaxEntries is > 0 and <= 1u << 31 =>
                Math.Max((uint)Environment.SystemPageSize, BitOperations.RoundUpToPowerOf2(map.MaxEntries)),
            _ => map.MaxEntries,
        };
        return entries == map.MaxEntries ? map : new MapSpec
        {
            Name = map.Name,
            Type = map.Type,
            KeySize = map.KeySize,
            ValueSize = map.ValueSize,
            MaxEntries = entries,
            Flags = map.Flags,
            Extra = map.Extra,
            NumaNode = map.NumaNode,
            InterfaceIndex = map.InterfaceIndex,
            InnerMap = map.InnerMap,
            KeyTypeId = map.KeyTypeId,
            ValueTypeId = map.ValueTypeId,
        };
    }

    BpfMap TakeOver(MapSpec map, string pin)
    {
        var pinned = BpfMap.FromPin(pin);
        try
        {
            CheckCompatible(map, pinned, $"the map pinned as {pin}");
            return new BpfMap(pinned.Fd.Duplicate(), map.Name, pinned.Type, pinned.KeySize, pinned.ValueSize, pinned.MaxEntries, pinned.Flags);
        }
        finally
        {
            pinned.Dispose();
        }
    }

    void CheckCompatible(MapSpec map, BpfMap other, string what)
    {
        var differences = new List<string>();
        void Compare<T>(string name, T wanted, T actual) where T : notnull
        {
            if (!wanted.Equals(actual)) differences.Add($"{name} is {actual} instead of {wanted}");
        }
        Compare("type", map.Type, other.Type);
        Compare("key size", map.KeySize, other.KeySize);
        Compare("value size", map.ValueSize, other.ValueSize);
        if (map.MaxEntries != 0) Compare("capacity", map.MaxEntries, other.MaxEntries);
        // The kernel sets the program-side read-only flag of device maps itself (kernel/bpf/devmap.c: dev_map_init_map).
        var ignored = map.Type is MapType.DevMap or MapType.DevMapHash ? MapFlags.ProgramReadOnly : MapFlags.None;
        Compare("flags", map.Flags & ~ignored, other.Flags & ~ignored);
        if (differences.Count > 0) throw Error(map, $"{what} does not fit: {string.Join(", ", differences)}");
    }

    BpfMap Create(MapSpec map, IReadOnlyDictionary<string, BpfMap> created)
    {
        BpfMap? template = null;
        try
        {
            var innerFd = 0;
            if (map.Type is MapType.ArrayOfMaps or MapType.HashOfMaps)
            {
                if (map.InnerMap is not null) template = Create(Complete(map.InnerMap), created);
                var model = template ?? map.Contents.Select(entry => entry.Symbol is { } name && created.TryGetValue(name, out var inner) ? inner : null).FirstOrDefault(inner => inner is not null);
                innerFd = model?.Fd.Value ?? throw Error(map, "it says nothing about its inner maps; declare them with __array(values, …) or set MapSpec.InnerMap");
            }
            return Create(map, innerFd);
        }
        finally
        {
            template?.Dispose();
        }
    }

    BpfMap Create(MapSpec map, int innerFd)
    {
        var attr = new MapCreateAttr
        {
            MapType = (uint)map.Type,
            KeySize = map.KeySize,
            ValueSize = map.ValueSize,
            MaxEntries = map.MaxEntries,
            MapFlags = (uint)map.Flags,
            InnerMapFd = innerFd,
            NumaNode = map.NumaNode,
            MapName = BpfSyscall.Name(KernelName(map.Name)),
            MapIfIndex = map.InterfaceIndex,
            MapExtra = map.Extra,
        };
        attr.Use(options.Token);
        if (types is not null && AcceptsTypes(map))
        {
            (attr.BtfFd, attr.BtfKeyTypeId, attr.BtfValueTypeId) = (types.Value, map.KeyTypeId, map.ValueTypeId);
        }
        var result = BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
        if (result == -Errno.EPERM && LockedMemory.RaiseOnce()) result = BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
        if (result < 0 && attr.BtfFd != 0)
        {
            // Some kinds of map take no types in some kernels, or not these; types only help tools.
            (attr.BtfFd, attr.BtfKeyTypeId, attr.BtfValueTypeId) = (0, 0, 0);
            var untyped = BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
            if (untyped >= 0) result = untyped;
        }
        if (result == -Errno.EINVAL && map.Data is not null && (map.Flags & MapFlags.MemoryMappable) != 0)
        {
            // Mapping arrays came with 5.5; without it variables are read and written by system calls.
            attr.MapFlags &= ~(uint)MapFlags.MemoryMappable;
            var unmapped = BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
            if (unmapped >= 0) result = unmapped;
        }
        if (result < 0) throw Explain(map, -result);
        return new BpfMap(new FileDescriptor(result), map.Name, map.Type, map.KeySize, map.ValueSize, map.MaxEntries, (MapFlags)attr.MapFlags & ~MapFlags.Token) { Extra = map.Extra };
    }

    void Fill(MapSpec map, BpfMap target, byte[]? data)
    {
        if (map.Type == MapType.Arena)
        {
            // Programs are compiled for the address at which user space maps the arena first (kernel/bpf/arena.c: arena_map_mmap).
            var mapped = target.MapMemory();
            memory.Add(map.Name, mapped);
            if (!map.IsZeroed && map.Data is { } variables) variables.CopyTo(mapped.GetSpan());
            return;
        }
        if (data is null && !map.IsZeroed) data = map.Data;
        if (data is { Length: > 0 }) target.Update([0, 0, 0, 0], data);
        if (map.Freeze)
        {
            try
            {
                target.Freeze();
            }
            catch (BpfSyscallException)
            {
                // Freezing came with 5.2; without it the verifier only does not know the values.
            }
        }
    }

    // As bpftool and libbpf expect: data sections carry the object's name in front, so that they can be told apart.
    string KernelName(string name)
    {
        if (!name.StartsWith('.')) return name;
        var suffix = name.Length > 8 ? name[..8] : name;
        var prefix = spec.Name[..Math.Min(spec.Name.Length, KernelNameLength - suffix.Length)];
        return prefix + suffix;
    }

    bool AcceptsTypes(MapSpec map)
    {
        if (map.KeyTypeId == 0 && map.ValueTypeId == 0) return false;
        if (map.KeyTypeId == 0 && objectTypes?.IsDataSection(map.ValueTypeId) == false) return false;
        return map.Type is not (MapType.PerfEventArray or MapType.CgroupArray or MapType.StackTrace or MapType.ArrayOfMaps or MapType.HashOfMaps
            or MapType.DevMap or MapType.DevMapHash or MapType.CpuMap or MapType.XskMap or MapType.SockMap or MapType.SockHash or MapType.Queue
            or MapType.Stack or MapType.RingBuffer or MapType.UserRingBuffer or MapType.ProgArray or MapType.Arena);
    }

    BpfSyscallException Explain(MapSpec map, int errno)
    {
        var operation = $"object {spec.Name}: create map '{map.Name}' ({map.Type}, key {map.KeySize}, value {map.ValueSize}, capacity {map.MaxEntries})";
        if (errno == Errno.EPERM)
        {
            var needed = map.Type is MapType.SockMap or MapType.SockHash or MapType.XskMap or MapType.DevMap or MapType.DevMapHash or MapType.CpuMap
                ? (IReadOnlyList<Capability>)[Capability.Bpf, Capability.NetAdmin] : [Capability.Bpf];
            var diagnosis = PermissionDiagnosis.ForOperation("creating this map", needed, PermissionFacts.Read());
            return new BpfSyscallException(operation, errno, diagnosis.Explanation, diagnosis.Remedy);
        }
        string? explanation = errno switch
        {
            Errno.E2BIG => "the map is larger than the kernel allows",
            Errno.ENOMEM => "there is no memory for a map of this size",
            Errno.EINVAL when map.MaxEntries == 0 && map.Type is not (MapType.TaskStorage or MapType.InodeStorage or MapType.SkStorage or MapType.CgrpStorage) => "it has no capacity; set max_entries or MapSpec.MaxEntries",
            Errno.EINVAL when Features.Map(map.Type) is { IsPresent: false } support => $"this kernel has no maps of this type: {support}",
            Errno.EINVAL => "a size, the capacity or a flag is not valid for this type of map in this kernel",
            _ => null,
        };
        return new BpfSyscallException(operation, errno, explanation);
    }

    BpfException Error(MapSpec map, string what) => new($"object {spec.Name}: map '{map.Name}' ({map.Type}): {what}");
}
