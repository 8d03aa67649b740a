using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary>
/// The commands of <c>bpf(2)</c> on maps. Results are the kernel's, or negated errnos: the callers decide which of them are answers
/// (ENOENT) and which are failures. An empty span becomes a null pointer, which is how the kernel spells "no key".
/// </summary>
static unsafe partial class MapCalls
{
    // The first call binds the function that reads errno; it must not happen between a failed call and its errno.
    static MapCalls() => _ = Marshal.GetLastSystemError();

    /// <summary>
    /// Lookups neither sleep nor wait for other CPUs (kernel/bpf/syscall.c: bpf_map_copy_value runs under RCU), so the garbage collector may as
    /// well wait for this thread: that saves the switch of modes and the bookkeeping of errno, a tenth of the whole call.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static partial nint QuickSyscall(nint number, int command, void* attr, uint size);

    public static int Lookup(FileDescriptor map, ReadOnlySpan<byte> key, Span<byte> value, ulong flags)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            var attr = new MapElementAttr
            {
                MapFd = map.Value,
                Key = BpfSyscall.Pointer(keyPointer),
                Value = BpfSyscall.Pointer(valuePointer),
                Flags = flags,
            };
            var result = QuickSyscall(BpfSyscall.Number, (int)BpfCommand.MapLookupElem, &attr, (uint)sizeof(MapElementAttr));
            if (result < 0) result = -Marshal.GetLastSystemError();
            GC.KeepAlive(map);
            return (int)result;
        }
    }

    public static int LookupAndDelete(FileDescriptor map, ReadOnlySpan<byte> key, Span<byte> value, ulong flags) =>
        Element(BpfCommand.MapLookupAndDeleteElem, map, key, value, flags);

    public static int Update(FileDescriptor map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) =>
        Element(BpfCommand.MapUpdateElem, map, key, value, flags);

    public static int Delete(FileDescriptor map, ReadOnlySpan<byte> key) => Element(BpfCommand.MapDeleteElem, map, key, default, 0);

    public static int NextKey(FileDescriptor map, ReadOnlySpan<byte> key, Span<byte> next) =>
        Element(BpfCommand.MapGetNextKey, map, key, next, 0);

    public static int Freeze(FileDescriptor map)
    {
        var attr = new MapElementAttr { MapFd = map.Value };
        return BpfSyscall.Invoke(BpfCommand.MapFreeze, ref attr);
    }

    static int Element(BpfCommand command, FileDescriptor map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        fixed (byte* keyPointer = key)
        fixed (byte* valuePointer = value)
        {
            var attr = new MapElementAttr
            {
                MapFd = map.Value,
                Key = BpfSyscall.Pointer(keyPointer),
                Value = BpfSyscall.Pointer(valuePointer),
                Flags = flags,
            };
            var result = BpfSyscall.Invoke(command, ref attr);
            // The handle must outlive the call even if the map object was the caller's last reference.
            GC.KeepAlive(map);
            return result;
        }
    }

    /// <summary>One batch command. <paramref name="count"/> goes in as the capacity and comes out as the number of elements processed.</summary>
    public static int Batch(BpfCommand command, FileDescriptor map, ReadOnlySpan<byte> inBatch, Span<byte> outBatch,
        ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, ref uint count, ulong elementFlags)
    {
        fixed (byte* inPointer = inBatch)
        fixed (byte* outPointer = outBatch)
        fixed (byte* keysPointer = keys)
        fixed (byte* valuesPointer = values)
        {
            var attr = new MapBatchAttr
            {
                InBatch = BpfSyscall.Pointer(inPointer),
                OutBatch = BpfSyscall.Pointer(outPointer),
                Keys = BpfSyscall.Pointer(keysPointer),
                Values = BpfSyscall.Pointer(valuesPointer),
                Count = count,
                MapFd = map.Value,
                ElementFlags = elementFlags,
            };
            var result = BpfSyscall.Invoke(command, ref attr);
            count = attr.Count;
            GC.KeepAlive(map);
            return result;
        }
    }

    public static int Info(FileDescriptor map, out MapInfoBlock info)
    {
        info = default;
        fixed (MapInfoBlock* pointer = &info)
        {
            var attr = new ObjectInfoAttr { BpfFd = map.Value, InfoLength = (uint)sizeof(MapInfoBlock), Info = BpfSyscall.Pointer(pointer) };
            return BpfSyscall.Invoke(BpfCommand.ObjGetInfoByFd, ref attr);
        }
    }
}

/// <summary><c>struct bpf_map_info</c> (include/uapi/linux/bpf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
struct MapInfoBlock
{
    public uint Type, Id, KeySize, ValueSize, MaxEntries, MapFlags;
    public ObjectName Name;
    public uint IfIndex, BtfVmlinuxValueTypeId;
    public ulong NetnsDevice, NetnsInode;
    public uint BtfId, BtfKeyTypeId, BtfValueTypeId, BtfVmlinuxId;
    public ulong MapExtra;
}
