using Skep.Bpf.Interop;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>
    /// Maps an array that was created with <see cref="MapFlags.MemoryMappable"/> (data sections are), or an arena, into this process.
    /// Requires at least Linux 5.5; arenas 6.9.
    /// </summary>
    /// <param name="writable">False for frozen maps.</param>
    /// <exception cref="BpfSyscallException">EPERM: the map is frozen; EINVAL or ENOTSUPP: it is not mappable; EBUSY: an arena is mapped already at another address.</exception>
    public MappedMap MapMemory(bool writable = true)
    {
        var page = (ulong)Environment.SystemPageSize;
        var operation = $"map the memory of map '{Name}' ({Type})";
        if (Type == MapType.Arena)
        {
            var length = checked((int)(MaxEntries * page));
            return new MappedMap(MemoryMapping.Shared(Fd, 0, (nuint)length, writable, operation, (nuint)Extra), length, Environment.SystemPageSize, writable);
        }
        var stride = SlotSize(ValueSize);
        var bytes = (ulong)stride * MaxEntries;
        if (bytes is 0 or > int.MaxValue) throw new BpfException($"{operation}: {bytes} bytes do not fit a span");
        var mapped = (bytes + page - 1) & ~(page - 1);
        return new MappedMap(MemoryMapping.Shared(Fd, 0, (nuint)mapped, writable, operation), (int)bytes, stride, writable);
    }
}
