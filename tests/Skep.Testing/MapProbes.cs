using Skep.Bpf;
using Skep.Bpf.Interop;

namespace Skep.Testing;

/// <summary>Creates the smallest map of a kind.</summary>
static unsafe class MapProbes
{
    public static string? Arena() =>
        AttachProbes.CloseOrRefused("create arena", Create(MapType.Arena, 0, 0, 1, MapFlags.MemoryMappable));

    public static string? UserRingBuffer() =>
        AttachProbes.CloseOrRefused("create user ring buffer", Create(MapType.UserRingBuffer, 0, 0, (uint)Environment.SystemPageSize));

    public static string? BloomFilter() => AttachProbes.CloseOrRefused("create bloom filter", Create(MapType.BloomFilter, 0, 4, 1));

    // Local storage needs BTF for key and value: one type, int.
    public static string? Storage(MapType type)
    {
        ReadOnlySpan<byte> btf =
        [
            0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 32, 0, 0, 1,
            0, (byte)'i', (byte)'n', (byte)'t', 0,
        ];
        fixed (byte* pointer = btf)
        {
            var load = new BtfLoadAttr { Btf = BpfSyscall.Pointer(pointer), BtfSize = (uint)btf.Length };
            var types = BpfSyscall.Invoke(BpfCommand.BtfLoad, ref load);
            if (types < 0) return AttachProbes.Refused("load BTF", types);
            var map = Create(type, 4, 4, 0, MapFlags.NoPreallocation, types);
            _ = Libc.Close(types);
            return AttachProbes.CloseOrRefused("create local storage", map);
        }
    }

    // An unknown command gives EINVAL; a known one gets as far as the descriptor that is none.
    public static string? Token()
    {
        var attr = new TokenCreateAttr { BpffsFd = -1 };
        var result = BpfSyscall.Invoke(BpfCommand.TokenCreate, ref attr);
        return result == -Errno.EBADF ? null : AttachProbes.CloseOrRefused("create token", result);
    }

    public static int Create(MapType type, uint keySize, uint valueSize, uint maxEntries, MapFlags flags = 0, int btf = 0)
    {
        var attr = new MapCreateAttr
        {
            MapType = (uint)type,
            KeySize = keySize,
            ValueSize = valueSize,
            MaxEntries = maxEntries,
            MapFlags = (uint)flags,
            BtfFd = btf,
            BtfKeyTypeId = btf > 0 ? 1u : 0,
            BtfValueTypeId = btf > 0 ? 1u : 0,
        };
        return BpfSyscall.Invoke(BpfCommand.MapCreate, ref attr);
    }
}
